/* A hash table from bytes to things, chained through a node that the thing embeds: the table allocates only its
 * buckets. Keys are hashed with SipHash under the caller's key, because they come from outside. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdint.h>

#include "base/span.h"

struct map_node {
    struct map_node *next;
    uint64_t hash;
    struct span key; /* borrowed from the thing that embeds the node */
};

struct map {
    struct map_node **buckets;
    size_t bucket_count; /* a power of two */
    size_t count;
    size_t first; /* no bucket before it holds a node */
    unsigned char hash_key[16];
};

void map_init(struct map *map, const unsigned char hash_key[16]);
/* Frees the buckets; the things are the caller's. */
void map_done(struct map *map);
/* The node under key, or NULL. */
struct map_node *map_find(const struct map *map, struct span key);
/* Adds a node whose key is set and not in the table yet. */
void map_add(struct map *map, struct map_node *node);
/* Takes out a node that is in the table. */
void map_remove(struct map *map, struct map_node *node);
/* Any node, or NULL when empty: how a table is emptied, in one pass over the buckets however often it is called. */
struct map_node *map_any(struct map *map);

/* Every node in turn, in no order: the one behind `node` (NULL: the first), NULL behind the last. Nothing may be added or
 * taken out meanwhile. */
struct map_node *map_next(const struct map *map, const struct map_node *node);

/* The struct of `type` whose member `member` is *node. */
#define MAP_ENTRY(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif
