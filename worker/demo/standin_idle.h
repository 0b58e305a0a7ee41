/* Closes connections that wait for their client too long. libmicrohttpd 1.0 forgets a connection's own timeout where
 * each connection has a thread, and its common one would close those that wait on purpose; so a thread of ours shuts
 * them. */
#ifndef DEMO_STANDIN_IDLE_H
#define DEMO_STANDIN_IDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct standin_connection {
    struct standin_connection *next, *previous; /* guarded by the mutex */
    int fd;
    unsigned requests;        /* that it answered: only its own thread looks */
    atomic_llong deadline_ms; /* of CLOCK_MONOTONIC; INT64_MAX: not waiting */
};

struct standin_idle {
    pthread_mutex_t mutex;
    pthread_cond_t sooner; /* a deadline came before wake_ms, or it is to stop */
    pthread_t thread;
    bool started, stopping;
    struct standin_connection *first;
    atomic_llong wake_ms; /* until then the thread sleeps */
};

void standin_idle_init(struct standin_idle *idle);
/* -1 with err where there is no thread. */
int standin_idle_start(struct standin_idle *idle, struct err *err);
/* Ends the thread, if there is one. All connections must have been removed. */
void standin_idle_done(struct standin_idle *idle);

/* A connection that is shut unless it is busy within wait_s seconds; to be removed before its socket closes. */
struct standin_connection *standin_idle_add(struct standin_idle *idle, int fd, unsigned wait_s);
void standin_idle_remove(struct standin_idle *idle, struct standin_connection *connection);
/* Waiting again, for at most wait_s seconds. */
void standin_idle_wait(struct standin_idle *idle, struct standin_connection *connection, unsigned wait_s);
/* Not waiting: it may take as long as it likes. */
void standin_idle_busy(struct standin_connection *connection);

#endif
