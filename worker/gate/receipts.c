#include "gate/receipts.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include "base/map.h"
#include "base/mem.h"
#include "os/thread.h"

/* One in memory: its texts follow it. */
struct kept {
    struct receipt_seen seen;
    struct kept *earlier, *later; /* those before and behind it with the same event id */
    struct map_node node;         /* in the map where it is the last with its id */
    size_t size;
};

struct waiter {
    LIST_ENTRY(waiter) entry;
    struct span event_id;
    pthread_cond_t seen;
};

struct receipts {
    pthread_mutex_t mutex;
    pthread_cond_t added;
    struct kept **ring; /* the receipt at place p: ring[p % count_max] */
    size_t count_max, bytes, bytes_max;
    receipts_place first, next;
    struct map by_id;
    LIST_HEAD(, waiter) waiters;
    bool ending;
};

struct receipts *receipts_new(size_t count_max, size_t bytes_max)
{
    struct receipts *receipts = mem_new(1, sizeof(*receipts));
    unsigned char hash_key[16];
    randombytes_buf(hash_key, sizeof(hash_key));
    *receipts = (struct receipts){.count_max = count_max, .bytes_max = bytes_max};
    receipts->ring = mem_new(count_max, sizeof(struct kept *));
    map_init(&receipts->by_id, hash_key);
    pthread_mutex_init(&receipts->mutex, NULL);
    thread_cond_init(&receipts->added);
    return receipts;
}

/* ---- remembering ---- */

static struct kept *receipts_at(const struct receipts *receipts, receipts_place place)
{
    return receipts->ring[place % receipts->count_max];
}

static struct kept *receipts_find(const struct receipts *receipts, struct span event_id)
{
    struct map_node *node = map_find(&receipts->by_id, event_id);
    return node == NULL ? NULL : MAP_ENTRY(node, struct kept, node);
}

/* Of those with its id the oldest of all is the first. */
static void receipts_forget(struct receipts *receipts)
{
    struct kept *oldest = receipts_at(receipts, receipts->first);
    if (oldest->later == NULL)
        map_remove(&receipts->by_id, &oldest->node);
    else
        oldest->later->earlier = NULL;
    receipts->bytes -= oldest->size;
    receipts->ring[receipts->first++ % receipts->count_max] = NULL;
    free(oldest);
}

void receipts_free(struct receipts *receipts)
{
    if (receipts == NULL)
        return;
    while (receipts->first < receipts->next)
        receipts_forget(receipts);
    map_done(&receipts->by_id);
    free(receipts->ring);
    pthread_cond_destroy(&receipts->added);
    pthread_mutex_destroy(&receipts->mutex);
    free(receipts);
}

static struct span text_put(char **at, struct span text)
{
    struct span copy = {*at, text.size};
    if (text.size > 0)
        memcpy(*at, text.data, text.size);
    *at += text.size;
    return copy;
}

static struct kept *kept_new(const struct receipt_seen *seen)
{
    size_t size = sizeof(struct kept) + seen->routing_key.size + seen->event_id.size + seen->account.size + seen->json.size;
    struct kept *kept = mem_new(1, size);
    char *at = (char *)(kept + 1);
    kept->seen = *seen;
    kept->size = size;
    kept->seen.routing_key = text_put(&at, seen->routing_key);
    kept->seen.event_id = text_put(&at, seen->event_id);
    kept->seen.account = text_put(&at, seen->account);
    kept->seen.json = text_put(&at, seen->json);
    kept->node.key = kept->seen.event_id;
    return kept;
}

void receipts_add(struct receipts *receipts, const struct receipt_seen *seen)
{
    struct kept *kept = kept_new(seen);
    pthread_mutex_lock(&receipts->mutex);
    while (receipts->first < receipts->next && (receipts->next - receipts->first == receipts->count_max ||
                                                receipts->bytes + kept->size > receipts->bytes_max))
        receipts_forget(receipts);
    kept->earlier = receipts_find(receipts, kept->seen.event_id);
    if (kept->earlier != NULL) {
        kept->earlier->later = kept;
        map_remove(&receipts->by_id, &kept->earlier->node);
    }
    map_add(&receipts->by_id, &kept->node);
    kept->seen.place = receipts->next;
    receipts->ring[receipts->next++ % receipts->count_max] = kept;
    receipts->bytes += kept->size;
    struct waiter *waiter;
    LIST_FOREACH(waiter, &receipts->waiters, entry)
        if (span_equal(waiter->event_id, kept->seen.event_id))
            pthread_cond_signal(&waiter->seen);
    pthread_cond_broadcast(&receipts->added);
    pthread_mutex_unlock(&receipts->mutex);
}

/* ---- one event ---- */

static bool query_takes(const struct receipts_query *query, const struct kept *kept)
{
    if (query->partition >= 0 &&
        (kept->seen.event_partition != query->partition || kept->seen.event_offset != query->offset))
        return false;
    return query->may_see(query->context, kept->seen.account);
}

/* Whether an earlier receipt says more than the one that was found: it is of a later record (a worker that was cut off writes
 * late), or of the same one and not outweighed. */
static bool kept_tells_more(const struct kept *earlier, const struct kept *found)
{
    if (found == NULL || earlier->seen.event_partition != found->seen.event_partition)
        return found == NULL;
    if (earlier->seen.event_offset != found->seen.event_offset)
        return earlier->seen.event_offset > found->seen.event_offset;
    return !outcome_outweighs(found->seen.outcome, earlier->seen.outcome);
}

static const struct kept *receipts_answer(const struct receipts *receipts, const struct receipts_query *query)
{
    const struct kept *repetition = NULL, *found = NULL;
    for (const struct kept *at = receipts_find(receipts, query->event_id); at != NULL; at = at->earlier) {
        if (!query_takes(query, at))
            continue;
        const struct kept **best = at->seen.outcome == OUTCOME_DUPLICATE ? &repetition : &found;
        if (kept_tells_more(at, *best))
            *best = at;
    }
    return found != NULL ? found : repetition;
}

bool receipts_wait(struct receipts *receipts, const struct receipts_query *query, int64_t wait_ms,
                   struct buf *out)
{
    struct timespec deadline = thread_deadline(wait_ms);
    struct waiter waiter = {.event_id = query->event_id};
    const struct kept *found;
    int result = wait_ms > 0 ? 0 : -1;
    thread_cond_init(&waiter.seen);
    pthread_mutex_lock(&receipts->mutex);
    LIST_INSERT_HEAD(&receipts->waiters, &waiter, entry);
    while ((found = receipts_answer(receipts, query)) == NULL && result == 0 && !receipts->ending)
        result = pthread_cond_timedwait(&waiter.seen, &receipts->mutex, &deadline);
    if (found != NULL)
        buf_add_span(out, found->seen.json);
    if (found != NULL && query->routing_key != NULL)
        buf_add_span(query->routing_key, found->seen.routing_key);
    LIST_REMOVE(&waiter, entry);
    pthread_cond_destroy(&waiter.seen);
    pthread_mutex_unlock(&receipts->mutex);
    return found != NULL;
}

/* ---- all of them ---- */

receipts_place receipts_next(struct receipts *receipts)
{
    pthread_mutex_lock(&receipts->mutex);
    receipts_place next = receipts->next;
    pthread_mutex_unlock(&receipts->mutex);
    return next;
}

bool receipts_behind(struct receipts *receipts, int32_t partition, int64_t offset, receipts_place *out)
{
    bool found = false;
    pthread_mutex_lock(&receipts->mutex);
    *out = receipts->first;
    for (receipts_place place = receipts->first; place < receipts->next && !found; place++) {
        const struct receipt_seen *seen = &receipts_at(receipts, place)->seen;
        found = seen->partition == partition && seen->offset == offset;
        if (found)
            *out = place + 1;
    }
    pthread_mutex_unlock(&receipts->mutex);
    return found;
}

bool receipts_follow(struct receipts *receipts, receipts_place *place, int64_t wait_ms, size_t most,
                     bool *missed, void (*tell)(void *context, const struct receipt_seen *seen),
                     void *context)
{
    struct timespec deadline = thread_deadline(wait_ms);
    int result = 0;
    pthread_mutex_lock(&receipts->mutex);
    while (*place >= receipts->next && result == 0 && !receipts->ending)
        result = pthread_cond_timedwait(&receipts->added, &receipts->mutex, &deadline);
    if (*place < receipts->first) {
        *missed = true;
        *place = receipts->first;
    }
    for (size_t i = 0; i < most && *place < receipts->next; i++)
        tell(context, &receipts_at(receipts, (*place)++)->seen);
    bool goes_on = !receipts->ending;
    pthread_mutex_unlock(&receipts->mutex);
    return goes_on;
}

void receipts_end(struct receipts *receipts)
{
    pthread_mutex_lock(&receipts->mutex);
    receipts->ending = true;
    pthread_cond_broadcast(&receipts->added);
    struct waiter *waiter;
    LIST_FOREACH(waiter, &receipts->waiters, entry)
        pthread_cond_signal(&waiter->seen);
    pthread_mutex_unlock(&receipts->mutex);
}
