#include "http/server/idle.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/mem.h"

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void idle_init(struct idle *idle, unsigned request_s)
{
    *idle = (struct idle){.request_s = request_s, .wake_ms = INT64_MAX};
    pthread_mutex_init(&idle->mutex, NULL);
    thread_cond_init(&idle->sooner);
}

/* Shuts what waited too long; the earliest deadline of the rest. The mutex is held, so no socket closes meanwhile. */
static long long idle_sweep(struct idle *idle)
{
    long long now = now_ms(), earliest = INT64_MAX;
    struct idle_connection *at;
    LIST_FOREACH(at, &idle->connections, entry) {
        long long deadline = at->deadline_ms;
        if (deadline <= now) {
            shutdown(at->fd, SHUT_RDWR);
            atomic_compare_exchange_strong(&at->deadline_ms, &deadline, INT64_MAX);
        } else if (deadline < earliest) {
            earliest = deadline;
        }
    }
    return earliest;
}

static void *idle_run(void *data)
{
    struct idle *idle = data;
    pthread_mutex_lock(&idle->mutex);
    while (!idle->stopping) {
        /* Whoever sets a deadline that the sweep may have missed sees this, waits for the mutex and signals. */
        idle->wake_ms = INT64_MAX;
        long long wake = idle_sweep(idle);
        idle->wake_ms = wake;
        if (wake == INT64_MAX) {
            pthread_cond_wait(&idle->sooner, &idle->mutex);
            continue;
        }
        struct timespec until = {.tv_sec = (time_t)(wake / 1000), .tv_nsec = (long)(wake % 1000 * 1000000)};
        pthread_cond_timedwait(&idle->sooner, &idle->mutex, &until);
    }
    pthread_mutex_unlock(&idle->mutex);
    return NULL;
}

int idle_start(struct idle *idle, struct err *err)
{
    return thread_start(&idle->thread, idle_run, idle, "the HTTP server", err);
}

void idle_done(struct idle *idle)
{
    if (idle->thread.started) {
        pthread_mutex_lock(&idle->mutex);
        idle->stopping = true;
        pthread_cond_signal(&idle->sooner);
        pthread_mutex_unlock(&idle->mutex);
        thread_join(&idle->thread);
    }
    pthread_cond_destroy(&idle->sooner);
    pthread_mutex_destroy(&idle->mutex);
}

static struct idle_connection *idle_add(struct idle *idle, int fd)
{
    struct idle_connection *connection = mem_new(1, sizeof(*connection));
    connection->fd = fd;
    connection->deadline_ms = INT64_MAX;
    pthread_mutex_lock(&idle->mutex);
    LIST_INSERT_HEAD(&idle->connections, connection, entry);
    pthread_mutex_unlock(&idle->mutex);
    idle_wait(idle, connection, idle->request_s);
    return connection;
}

static void idle_remove(struct idle *idle, struct idle_connection *connection)
{
    pthread_mutex_lock(&idle->mutex);
    LIST_REMOVE(connection, entry);
    pthread_mutex_unlock(&idle->mutex);
    free(connection);
}

void idle_notify(void *idle, struct MHD_Connection *connection, void **context,
                 enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = idle_add(
            idle, MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd);
    } else {
        idle_remove(idle, *context);
        *context = NULL;
    }
}

struct idle_connection *idle_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void idle_wait(struct idle *idle, struct idle_connection *connection, unsigned wait_s)
{
    long long deadline = now_ms() + wait_s * 1000LL;
    connection->deadline_ms = deadline;
    if (deadline >= idle->wake_ms)
        return;
    pthread_mutex_lock(&idle->mutex);
    pthread_cond_signal(&idle->sooner);
    pthread_mutex_unlock(&idle->mutex);
}

void idle_busy(struct idle_connection *connection)
{
    connection->deadline_ms = INT64_MAX;
}
