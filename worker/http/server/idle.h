/* Closes connections that wait for their client too long. libmicrohttpd 1.0 forgets a connection's own timeout where
 * each connection has a thread, and its common one would close those that wait on purpose; so a thread of ours shuts
 * them. */
#ifndef HTTP_SERVER_IDLE_H
#define HTTP_SERVER_IDLE_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "os/thread.h"

struct idle_connection {
    LIST_ENTRY(idle_connection) entry; /* guarded by the mutex */
    int fd;
    unsigned requests;        /* that it answered: only its own thread looks */
    void *own;                /* of whoever uses it */
    atomic_llong deadline_ms; /* of CLOCK_MONOTONIC; INT64_MAX: not waiting */
};

struct idle {
    pthread_mutex_t mutex;
    pthread_cond_t sooner; /* a deadline came before wake_ms, or it is to stop */
    struct thread thread;
    bool stopping;
    unsigned request_s;
    LIST_HEAD(, idle_connection) connections;
    atomic_llong wake_ms; /* until then the thread sleeps */
};

/* A connection has `request_s` seconds from its beginning to say what it wants. */
void idle_init(struct idle *idle, unsigned request_s);
/* -1 with err where there is no thread. */
int idle_start(struct idle *idle, struct err *err);
/* Ends the thread, if there is one. All connections must have been removed. */
void idle_done(struct idle *idle);

/* For MHD_OPTION_NOTIFY_CONNECTION, with the idle as its context: each connection is one of its own, until it closes. */
void idle_notify(void *idle, struct MHD_Connection *connection, void **context,
                 enum MHD_ConnectionNotificationCode code);
struct idle_connection *idle_of(struct MHD_Connection *connection);
/* Waiting again, for at most wait_s seconds. */
void idle_wait(struct idle *idle, struct idle_connection *connection, unsigned wait_s);
/* Not waiting: it may take as long as it likes. */
void idle_busy(struct idle_connection *connection);

#endif
