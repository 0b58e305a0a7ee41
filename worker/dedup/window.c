#include "dedup/window.h"

#include <stdlib.h>

#include "base/mem.h"

struct window_entry {
    unsigned char id[16];
    uint32_t end_s; /* Unix seconds, rounded up; 0: an empty slot. Good until 2106 */
};

struct window_failure {
    struct map_node node;
    struct identity identity;
    struct wall end;
    int64_t signed_at_s;
};

#define SHARD_FIRST 8

bool window_remembers(enum outcome outcome)
{
    return outcome == OUTCOME_DELIVERED || (outcome_is_failed(outcome) && outcome != OUTCOME_BACKLOG);
}

int64_t window_from_ms(int64_t admitted_at_ms, int64_t finished_at_ms)
{
    return admitted_at_ms > finished_at_ms ? admitted_at_ms : finished_at_ms;
}

void window_init(struct window *window, const unsigned char hash_key[16])
{
    *window = (struct window){0};
    map_init(&window->failed, hash_key);
}

static void window_forget_failure(struct window *window, struct map_node *node)
{
    map_remove(&window->failed, node);
    free(MAP_ENTRY(node, struct window_failure, node));
}

void window_done(struct window *window)
{
    for (size_t i = 0; i < WINDOW_SHARDS; i++)
        free(window->shards[i].entries);
    struct map_node *node;
    while ((node = map_any(&window->failed)) != NULL)
        window_forget_failure(window, node);
    map_done(&window->failed);
    *window = (struct window){0};
}

/* The slot of id, or the empty one where it would stand. The shard has an empty slot. */
static struct window_entry *shard_slot(const struct window_shard *shard, const unsigned char id[16])
{
    uint64_t start;
    memcpy(&start, id + 1, sizeof(start)); /* behind the byte that chose the shard */
    uint32_t at = (uint32_t)(start % shard->capacity);
    while (shard->entries[at].end_s != 0 && memcmp(shard->entries[at].id, id, 16) != 0)
        at = at + 1 == shard->capacity ? 0 : at + 1;
    return &shard->entries[at];
}

/* Copies what has not ended into `capacity` new slots. */
static void shard_rebuild(struct window_shard *shard, uint32_t capacity, uint32_t horizon_s)
{
    struct window_shard fresh = {mem_new(capacity, sizeof(struct window_entry)), capacity, 0};
    for (uint32_t i = 0; i < shard->capacity; i++) {
        const struct window_entry *entry = &shard->entries[i];
        if (entry->end_s != 0 && entry->end_s >= horizon_s) {
            *shard_slot(&fresh, entry->id) = *entry;
            fresh.count++;
        }
    }
    free(shard->entries);
    *shard = fresh;
}

static uint32_t shard_room(uint32_t capacity)
{
    return capacity - capacity / 12 - 1;
}

/* Makes room for one more: drops what has ended, and grows only where that was not much. */
static void shard_reserve(struct window_shard *shard, uint32_t horizon_s, bool filling)
{
    if (shard->capacity == 0)
        shard_rebuild(shard, SHARD_FIRST, 0);
    if (shard->count < shard_room(shard->capacity))
        return;
    uint32_t alive = 0;
    for (uint32_t i = 0; i < shard->capacity; i++)
        alive += shard->entries[i].end_s >= horizon_s && shard->entries[i].end_s != 0;
    uint32_t capacity = shard->capacity;
    if (alive >= shard_room(capacity) - capacity / 16)
        capacity += filling ? capacity / 2 : capacity / 16 + 1;
    shard_rebuild(shard, capacity, horizon_s);
}

void window_fill(struct window *window)
{
    window->filling = true;
}

void window_filled(struct window *window)
{
    window->filling = false;
    for (size_t i = 0; i < WINDOW_SHARDS; i++) {
        struct window_shard *shard = &window->shards[i];
        uint32_t needed = shard->count + shard->count / 8 + SHARD_FIRST;
        if (needed < shard->capacity)
            shard_rebuild(shard, needed, 0);
    }
}

static uint32_t seconds_up(struct wall at)
{
    return (uint32_t)((at.ms + 999) / 1000);
}

enum window_state window_find(const struct window *window, const struct identity *identity,
                              struct wall admitted_at, int64_t *signed_at_s)
{
    const struct window_shard *shard = &window->shards[identity->bytes[0]];
    if (shard->capacity > 0) {
        const struct window_entry *entry = shard_slot(shard, identity->bytes);
        if (entry->end_s != 0 && (int64_t)entry->end_s * 1000 >= admitted_at.ms)
            return WINDOW_DELIVERED;
    }
    if (window->failed.count == 0)
        return WINDOW_NEW;
    struct map_node *node =
        map_find(&window->failed, (struct span){(const char *)identity->bytes, sizeof(identity->bytes)});
    if (node == NULL)
        return WINDOW_NEW;
    const struct window_failure *failure = MAP_ENTRY(node, struct window_failure, node);
    if (failure->end.ms < admitted_at.ms)
        return WINDOW_NEW;
    *signed_at_s = failure->signed_at_s;
    return WINDOW_FAILED;
}

void window_add(struct window *window, const struct identity *identity, struct wall end)
{
    struct window_shard *shard = &window->shards[identity->bytes[0]];
    shard_reserve(shard, (uint32_t)(window->horizon.ms / 1000), window->filling);
    struct window_entry *entry = shard_slot(shard, identity->bytes);
    if (entry->end_s == 0) {
        memcpy(entry->id, identity->bytes, sizeof(entry->id));
        shard->count++;
    }
    if (entry->end_s < seconds_up(end))
        entry->end_s = seconds_up(end);
    struct map_node *node =
        map_find(&window->failed, (struct span){(const char *)identity->bytes, sizeof(identity->bytes)});
    if (node != NULL)
        window_forget_failure(window, node);
}

void window_add_failed(struct window *window, const struct identity *identity, struct wall end,
                       int64_t signed_at_s)
{
    struct span key = {(const char *)identity->bytes, sizeof(identity->bytes)};
    struct map_node *node = map_find(&window->failed, key);
    struct window_failure *failure;
    if (node != NULL) {
        failure = MAP_ENTRY(node, struct window_failure, node);
    } else {
        failure = mem_new(1, sizeof(*failure));
        failure->identity = *identity;
        failure->node.key =
            (struct span){(const char *)failure->identity.bytes, sizeof(failure->identity.bytes)};
        map_add(&window->failed, &failure->node);
    }
    /* The later of two: a receipt may have been copied behind those after it. */
    if (node == NULL || end.ms > failure->end.ms)
        failure->end = end;
    if (node == NULL || signed_at_s > failure->signed_at_s)
        failure->signed_at_s = signed_at_s;
}

void window_advance(struct window *window, struct wall horizon)
{
    if (horizon.ms <= window->horizon.ms)
        return;
    window->horizon = horizon;
    for (size_t i = 0; window->failed.count > 0 && i < window->failed.bucket_count; i++) {
        for (struct map_node *node = window->failed.buckets[i], *next; node != NULL; node = next) {
            next = node->next;
            if (MAP_ENTRY(node, struct window_failure, node)->end.ms < horizon.ms)
                window_forget_failure(window, node);
        }
    }
}

size_t window_count(const struct window *window)
{
    size_t count = window->failed.count;
    for (size_t i = 0; i < WINDOW_SHARDS; i++)
        count += window->shards[i].count;
    return count;
}

size_t window_bytes(const struct window *window)
{
    size_t bytes = sizeof(*window) + window->failed.bucket_count * sizeof(struct map_node *) +
                   window->failed.count * sizeof(struct window_failure);
    for (size_t i = 0; i < WINDOW_SHARDS; i++)
        bytes += window->shards[i].capacity * sizeof(struct window_entry);
    return bytes;
}
