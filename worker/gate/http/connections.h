/* Open connections, and which of them are dropped when there is no room. One that waits for its client (for the rest of a request,
 * or for a reply to be read) costs that client nothing; so these are bounded together, by number and by the bytes of their bodies,
 * and the one that has waited longest goes first. An honest client waits for milliseconds only. Nothing depends on the address,
 * which many may share, unless that is configured. */
#ifndef GATE_HTTP_CONNECTIONS_H
#define GATE_HTTP_CONNECTIONS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/http/address.h"

struct connections_limits {
    size_t all;        /* connections that are not dropped yet */
    size_t unfinished; /* of them, those whose request is not there in full */
    size_t body_bytes; /* of all bodies together, also of requests under way */
    size_t of_address; /* connections from one address; 0: any number */
};

enum connection_state {
    CONNECTION_UNFINISHED, /* its request is not there in full */
    CONNECTION_UNDER_WAY,
    CONNECTION_UNTAKEN, /* its reply is not */
    CONNECTION_LET_GO,  /* dropped: its socket is shut down, and its thread will notice */
    CONNECTION_STATES,
};

struct connection {
    struct connection *before, *behind; /* in the order in which they began to wait */
    enum connection_state state;
    int fd;
    size_t body_bytes;
    char address[ADDRESS_SIZE];
};

/* Since the start. */
struct connections_counts {
    size_t open, unfinished, body_bytes; /* now */
    uint64_t for_room, for_bytes, for_address; /* dropped */
};

struct connections {
    struct connections_limits limits;
    void (*let_go)(int fd); /* shuts it down; called with the mutex held */
    pthread_mutex_t mutex;
    pthread_cond_t freed; /* bytes of bodies were, or a connection was let go */
    struct connection *oldest, *newest;
    struct connections_counts counts;
    size_t in_state[CONNECTION_STATES];
    size_t bytes_to_come; /* of bodies, when those that were let go have freed theirs */
};

/* `limits` and `let_go` of *connections are set. */
void connections_init(struct connections *connections);
/* All must have been removed. */
void connections_done(struct connections *connections);

/* Adds a new one, whose fd and address are set; another one, or it itself, may be dropped for it. Returns for how many milliseconds
 * nothing more should be accepted, 0 for none: dropped connections count until their threads have ended, which takes a while on a
 * busy machine, and libmicrohttpd resets new connections when it has as many as it may. */
int64_t connections_add(struct connections *connections, struct connection *connection);
/* Before its socket is closed. */
void connections_remove(struct connections *connections, struct connection *connection);
/* Its state from now on; one that was dropped stays so. */
void connections_set(struct connections *connections, struct connection *connection, enum connection_state state);

/* So many bytes of its body have arrived. If there is no room others are dropped, and it waits until their bodies are freed, at
 * most `wait_ms`, so that the bound always holds. False if this one itself was dropped: its request must end. */
bool connections_body(struct connections *connections, struct connection *connection, size_t bytes, int64_t wait_ms);
/* Its body is freed. */
void connections_body_freed(struct connections *connections, struct connection *connection);

void connections_count(struct connections *connections, struct connections_counts *out);

#endif
