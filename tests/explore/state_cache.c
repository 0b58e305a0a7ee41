/* A cache's entries are its own: to see until when they live, its file is part of this one, and the program takes it from
 * here. */
#include "delivery/cache.c"

#include "explore/scene.h"

void mark_cache(struct mark *mark, const struct cache *cache, const struct scene *scene)
{
    struct mark_set set = {0};
    struct map_node *node = NULL;
    while ((node = map_next(&cache->by_key, node)) != NULL) {
        const struct cache_entry *entry = MAP_ENTRY(node, struct cache_entry, node);
        if (mono_reached(entry->until, scene->world->now.mono))
            continue; /* as if it were not there */
        struct mark item;
        mark_init(&item, mark->print);
        mark_head(&item, "  known");
        mark_span(&item, "key", node->key);
        mark_number(&item, "left", mark_left(scene, entry->until));
        mark_number(&item, "matches", entry->customer_matches);
        mark_number(&item, "customer", entry->has_customer ? entry->customer[15] : 0);
        mark_number(&item, "conversation", entry->conversation[15]);
        mark_set_add(&set, &item);
    }
    mark_set_done(mark, &set);
}
