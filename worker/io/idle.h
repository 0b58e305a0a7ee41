/* Closes connections that wait for their client too long. libmicrohttpd 1.0 forgets a connection's own timeout where
 * each connection has a thread, and its common one would close those that wait on purpose; so a thread of ours shuts
 * them. */
#ifndef IO_IDLE_H
#define IO_IDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct idle_connection {
    struct idle_connection *next, *previous; /* guarded by the mutex */
    int fd;
    unsigned requests;        /* that it answered: only its own thread looks */
    atomic_llong deadline_ms; /* of CLOCK_MONOTONIC; INT64_MAX: not waiting */
};

struct idle {
    pthread_mutex_t mutex;
    pthread_cond_t sooner; /* a deadline came before wake_ms, or it is to stop */
    pthread_t thread;
    bool started, stopping;
    struct idle_connection *first;
    atomic_llong wake_ms; /* until then the thread sleeps */
};

void idle_init(struct idle *idle);
/* -1 with err where there is no thread. */
int idle_start(struct idle *idle, struct err *err);
/* Ends the thread, if there is one. All connections must have been removed. */
void idle_done(struct idle *idle);

/* A connection that is shut unless it is busy within wait_s seconds; to be removed before its socket closes. */
struct idle_connection *idle_add(struct idle *idle, int fd, unsigned wait_s);
void idle_remove(struct idle *idle, struct idle_connection *connection);
/* Waiting again, for at most wait_s seconds. */
void idle_wait(struct idle *idle, struct idle_connection *connection, unsigned wait_s);
/* Not waiting: it may take as long as it likes. */
void idle_busy(struct idle_connection *connection);

#endif
