#include "base/map.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"

static uint64_t map_hash(const struct map *map, struct span key)
{
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, (const unsigned char *)key.data, key.size, map->hash_key);
    uint64_t hash;
    memcpy(&hash, out, sizeof(hash));
    return hash;
}

void map_init(struct map *map, const unsigned char hash_key[16])
{
    *map = (struct map){.bucket_count = 64};
    map->buckets = mem_new(map->bucket_count, sizeof(*map->buckets));
    memcpy(map->hash_key, hash_key, sizeof(map->hash_key));
}

void map_done(struct map *map)
{
    free(map->buckets);
    *map = (struct map){0};
}

static size_t map_bucket(const struct map *map, uint64_t hash)
{
    return (size_t)hash & (map->bucket_count - 1);
}

struct map_node *map_find(const struct map *map, struct span key)
{
    uint64_t hash = map_hash(map, key);
    for (struct map_node *node = map->buckets[map_bucket(map, hash)]; node != NULL; node = node->next)
        if (node->hash == hash && span_equal(node->key, key))
            return node;
    return NULL;
}

static void map_link(struct map *map, struct map_node *node)
{
    size_t at = map_bucket(map, node->hash);
    node->next = map->buckets[at];
    map->buckets[at] = node;
    if (at < map->first)
        map->first = at;
}

static void map_double(struct map *map)
{
    struct map_node **old = map->buckets;
    size_t old_count = map->bucket_count;
    map->bucket_count *= 2;
    map->buckets = mem_new(map->bucket_count, sizeof(*map->buckets));
    for (size_t i = 0; i < old_count; i++) {
        for (struct map_node *node = old[i], *next; node != NULL; node = next) {
            next = node->next;
            map_link(map, node);
        }
    }
    free(old);
}

void map_add(struct map *map, struct map_node *node)
{
    if (map->count >= map->bucket_count)
        map_double(map);
    node->hash = map_hash(map, node->key);
    map_link(map, node);
    map->count++;
}

void map_remove(struct map *map, struct map_node *node)
{
    struct map_node **link = &map->buckets[map_bucket(map, node->hash)];
    while (*link != node) {
        assert(*link != NULL);
        link = &(*link)->next;
    }
    *link = node->next;
    map->count--;
}

struct map_node *map_any(struct map *map)
{
    if (map->count == 0)
        return NULL;
    while (map->buckets[map->first] == NULL)
        map->first++;
    return map->buckets[map->first];
}

struct map_node *map_next(const struct map *map, const struct map_node *node)
{
    if (node != NULL && node->next != NULL)
        return node->next;
    size_t bucket = node == NULL ? 0 : (node->hash & (map->bucket_count - 1)) + 1;
    while (bucket < map->bucket_count && map->buckets[bucket] == NULL)
        bucket++;
    return bucket < map->bucket_count ? map->buckets[bucket] : NULL;
}
