#include "gate/http/connections.h"

#include <assert.h>
#include <string.h>

#include "os/thread.h"

#define LEAVING_PER_MS 16 /* the more are closing, the slower new ones are accepted: with 256, 60 a second */

void connections_init(struct connections *connections)
{
    pthread_mutex_init(&connections->mutex, NULL);
    thread_cond_init(&connections->freed);
}

void connections_done(struct connections *connections)
{
    assert(connections->oldest == NULL);
    pthread_cond_destroy(&connections->freed);
    pthread_mutex_destroy(&connections->mutex);
}

/* ---- the order ---- */

static void connections_append(struct connections *connections, struct connection *connection)
{
    connection->before = connections->newest;
    connection->behind = NULL;
    if (connections->newest != NULL)
        connections->newest->behind = connection;
    else
        connections->oldest = connection;
    connections->newest = connection;
}

static void connections_take_out(struct connections *connections, struct connection *connection)
{
    if (connection->before != NULL)
        connection->before->behind = connection->behind;
    else
        connections->oldest = connection->behind;
    if (connection->behind != NULL)
        connection->behind->before = connection->before;
    else
        connections->newest = connection->before;
}

/* ---- who goes ---- */

static bool connection_waits(const struct connection *connection)
{
    return connection->state == CONNECTION_UNFINISHED || connection->state == CONNECTION_UNTAKEN;
}

static void connection_enter(struct connections *connections, struct connection *connection, enum connection_state state)
{
    connections->in_state[connection->state]--;
    connections->in_state[state]++;
    connection->state = state;
}

static void connection_let_go(struct connections *connections, struct connection *connection, uint64_t *count)
{
    connection_enter(connections, connection, CONNECTION_LET_GO);
    connections->bytes_to_come += connection->body_bytes;
    connections->let_go(connection->fd);
    (*count)++;
    pthread_cond_broadcast(&connections->freed); /* it may wait for room itself */
}

static size_t connections_of(const struct connections *connections, const char *address)
{
    size_t count = 0;
    for (const struct connection *at = connections->oldest; at != NULL; at = at->behind)
        count += at->state != CONNECTION_LET_GO && strcmp(at->address, address) == 0;
    return count;
}

/* The one that has waited longest, of that address, or of all (NULL). If all are under way none goes: they end by themselves. */
static struct connection *connections_victim(const struct connections *connections, const char *address)
{
    for (struct connection *at = connections->oldest; at != NULL; at = at->behind)
        if (connection_waits(at) && (address == NULL || strcmp(at->address, address) == 0))
            return at;
    return NULL;
}

static struct connection *connections_unfinished(const struct connections *connections, bool has_body)
{
    for (struct connection *at = connections->oldest; at != NULL; at = at->behind)
        if (at->state == CONNECTION_UNFINISHED && (!has_body || at->body_bytes > 0))
            return at;
    return NULL;
}

static void connections_make_room(struct connections *connections)
{
    uint64_t *count = &connections->counts.for_room;
    struct connection *victim;
    while (connections->in_state[CONNECTION_UNFINISHED] > connections->limits.unfinished)
        connection_let_go(connections, connections_unfinished(connections, false), count);
    while (connections->counts.open - connections->in_state[CONNECTION_LET_GO] > connections->limits.all &&
           (victim = connections_victim(connections, NULL)) != NULL)
        connection_let_go(connections, victim, count);
}

/* ---- connections ---- */

int64_t connections_add(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->mutex);
    connection->state = CONNECTION_UNFINISHED;
    connection->body_bytes = 0;
    connections_append(connections, connection);
    connections->in_state[CONNECTION_UNFINISHED]++;
    connections->counts.open++;
    size_t most = connections->limits.of_address;
    if (most > 0 && connections_of(connections, connection->address) > most)
        connection_let_go(connections, connections_victim(connections, connection->address),
                          &connections->counts.for_address);
    connections_make_room(connections);
    int64_t pause_ms = (int64_t)(connections->in_state[CONNECTION_LET_GO] / LEAVING_PER_MS);
    pthread_mutex_unlock(&connections->mutex);
    return pause_ms;
}

static void connection_free_body(struct connections *connections, struct connection *connection)
{
    if (connection->state == CONNECTION_LET_GO)
        connections->bytes_to_come -= connection->body_bytes;
    connections->counts.body_bytes -= connection->body_bytes;
    connection->body_bytes = 0;
    pthread_cond_broadcast(&connections->freed);
}

void connections_remove(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->mutex);
    connection_free_body(connections, connection);
    connections_take_out(connections, connection);
    connections->in_state[connection->state]--;
    connections->counts.open--;
    pthread_mutex_unlock(&connections->mutex);
}

void connections_set(struct connections *connections, struct connection *connection, enum connection_state state)
{
    pthread_mutex_lock(&connections->mutex);
    if (connection->state != CONNECTION_LET_GO) {
        connection_enter(connections, connection, state);
        connections_take_out(connections, connection);
        connections_append(connections, connection);
        connections_make_room(connections);
    }
    pthread_mutex_unlock(&connections->mutex);
}

/* ---- bodies ---- */

/* Drops as many as it takes; if none is left, the one that wants the room, provided it has a body already. */
static void connections_make_bytes(struct connections *connections, size_t bytes)
{
    struct connection *victim;
    while (connections->counts.body_bytes - connections->bytes_to_come + bytes > connections->limits.body_bytes &&
           (victim = connections_unfinished(connections, true)) != NULL)
        connection_let_go(connections, victim, &connections->counts.for_bytes);
}

bool connections_body(struct connections *connections, struct connection *connection, size_t bytes, int64_t wait_ms)
{
    struct timespec until = thread_deadline(wait_ms);
    int result = 0;
    pthread_mutex_lock(&connections->mutex);
    while (connection->state != CONNECTION_LET_GO && connections->counts.body_bytes + bytes > connections->limits.body_bytes) {
        connections_make_bytes(connections, bytes);
        if (connection->state == CONNECTION_LET_GO)
            break;
        if (result != 0)
            connection_let_go(connections, connection, &connections->counts.for_bytes);
        else
            result = pthread_cond_timedwait(&connections->freed, &connections->mutex, &until);
    }
    bool stays = connection->state != CONNECTION_LET_GO;
    if (stays) {
        connection->body_bytes += bytes;
        connections->counts.body_bytes += bytes;
    }
    pthread_mutex_unlock(&connections->mutex);
    return stays;
}

void connections_body_freed(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->mutex);
    connection_free_body(connections, connection);
    pthread_mutex_unlock(&connections->mutex);
}

void connections_count(struct connections *connections, struct connections_counts *out)
{
    pthread_mutex_lock(&connections->mutex);
    *out = connections->counts;
    out->unfinished = connections->in_state[CONNECTION_UNFINISHED];
    pthread_mutex_unlock(&connections->mutex);
}
