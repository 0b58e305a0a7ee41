/* Who is connected, and what of it is let go where there is no room. A connection that waits for its client, for a request that is
 * not there in full or for a reply to be taken, costs whoever opened it nothing; so these are bounded together, in their number and
 * in the bytes of their bodies, and the one that has waited longest goes first. Who gets on with what they came for waits for
 * milliseconds. Nothing is asked of the address, behind which many may be, unless that is wanted. */
#ifndef GATE_CONNECTIONS_H
#define GATE_CONNECTIONS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/address.h"

struct connections_limits {
    size_t all;        /* connections that are not let go yet */
    size_t unfinished; /* of them, those whose request is not there in full */
    size_t body_bytes; /* of all bodies together, also of requests under way */
    size_t of_address; /* connections from one address; 0: any number */
};

enum connection_state {
    CONNECTION_UNFINISHED, /* its request is not there in full */
    CONNECTION_UNDER_WAY,
    CONNECTION_UNTAKEN, /* its reply is not */
    CONNECTION_LET_GO,  /* its socket is shut down; its thread will notice */
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
    uint64_t for_room, for_bytes, for_address; /* let go */
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

/* A new one, whose fd and address are set; another may be let go for it, or it itself. Returns for how many milliseconds no other
 * should be accepted, 0 for none: those that were let go are connections still until their threads end, for which a machine that is
 * busy takes a while, and libmicrohttpd resets whoever comes when it has as many as it may. */
int64_t connections_add(struct connections *connections, struct connection *connection);
/* Before its socket is closed. */
void connections_remove(struct connections *connections, struct connection *connection);
/* What it does now, other than being let go, which stays so. */
void connections_set(struct connections *connections, struct connection *connection, enum connection_state state);

/* So many bytes of its body have come. Others are let go for them, and waited for until theirs are freed, so that there are never
 * more; at most `wait_ms`. False where this one itself was let go: its request must end. */
bool connections_body(struct connections *connections, struct connection *connection, size_t bytes, int64_t wait_ms);
/* Its body is freed. */
void connections_body_freed(struct connections *connections, struct connection *connection);

void connections_count(struct connections *connections, struct connections_counts *out);

#endif
