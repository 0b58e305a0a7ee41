#include "delivery/cache.h"

#include <stdlib.h>

#include "base/mem.h"

/* Ids are kept as 16 bytes: a hundred thousand entries are to be had for some megabytes. */
struct cache_entry {
    struct map_node node;
    struct cache_entry *older, *newer;
    struct mono until;
    uint32_t customer_matches;
    bool has_customer;
    unsigned char customer[16], conversation[16];
};

static unsigned char hex_value(char digit)
{
    return (unsigned char)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static void uuid_pack(const struct uuid *id, unsigned char out[16])
{
    const char *at = id->text;
    for (size_t i = 0; i < 16; i++) {
        if (*at == '-')
            at++;
        out[i] = (unsigned char)(hex_value(at[0]) << 4 | hex_value(at[1]));
        at += 2;
    }
}

static void uuid_unpack(const unsigned char bytes[16], struct uuid *out)
{
    static const char digits[] = "0123456789abcdef";
    char *at = out->text;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    *at = 0;
}

void cache_init(struct cache *cache, const unsigned char hash_key[16])
{
    *cache = (struct cache){0};
    map_init(&cache->by_key, hash_key);
}

static void cache_unlink(struct cache *cache, struct cache_entry *entry)
{
    if (entry->older == NULL)
        cache->oldest = entry->newer;
    else
        entry->older->newer = entry->newer;
    if (entry->newer == NULL)
        cache->newest = entry->older;
    else
        entry->newer->older = entry->older;
}

static void cache_drop(struct cache *cache, struct cache_entry *entry)
{
    cache_unlink(cache, entry);
    map_remove(&cache->by_key, &entry->node);
    free(entry);
}

void cache_done(struct cache *cache)
{
    while (cache->oldest != NULL)
        cache_drop(cache, cache->oldest);
    map_done(&cache->by_key);
}

static struct cache_entry *cache_entry(const struct cache *cache, struct span key)
{
    struct map_node *node = map_find(&cache->by_key, key);
    return node == NULL ? NULL : MAP_ENTRY(node, struct cache_entry, node);
}

bool cache_find(struct cache *cache, struct span key, struct mono now, struct cached *out)
{
    struct cache_entry *entry = cache_entry(cache, key);
    if (entry == NULL)
        return false;
    if (mono_reached(entry->until, now)) {
        cache_drop(cache, entry);
        return false;
    }
    *out = (struct cached){.customer_matches = entry->customer_matches,
                           .found_at = mono_after(entry->until, -CACHE_TTL_MS)};
    uuid_unpack(entry->conversation, &out->conversation);
    if (entry->has_customer)
        uuid_unpack(entry->customer, &out->customer);
    return true;
}

static bool cache_knows(const struct cache_entry *entry, const struct cached *what)
{
    unsigned char conversation[16];
    uuid_pack(&what->conversation, conversation);
    return memcmp(entry->conversation, conversation, sizeof(conversation)) == 0;
}

void cache_put(struct cache *cache, struct span key, const struct cached *what, struct mono now)
{
    struct cache_entry *entry = cache_entry(cache, key);
    struct mono until = mono_after(what->found_at, CACHE_TTL_MS);
    if (entry != NULL && entry->until.ms == until.ms && cache_knows(entry, what))
        return; /* it was learnt from here */
    if (entry != NULL)
        cache_drop(cache, entry);
    /* All live about equally long, so the oldest are those whose time is over. */
    while (cache->oldest != NULL &&
           (cache->by_key.count >= CACHE_ENTRIES_MAX || mono_reached(cache->oldest->until, now)))
        cache_drop(cache, cache->oldest);
    entry = mem_new(1, sizeof(*entry) + key.size);
    memcpy(entry + 1, key.data, key.size);
    entry->node.key = (struct span){(const char *)(entry + 1), key.size};
    entry->until = until;
    entry->customer_matches = (uint32_t)what->customer_matches;
    entry->has_customer = what->customer.text[0] != 0;
    if (entry->has_customer)
        uuid_pack(&what->customer, entry->customer);
    uuid_pack(&what->conversation, entry->conversation);
    entry->older = cache->newest;
    if (cache->newest == NULL)
        cache->oldest = entry;
    else
        cache->newest->newer = entry;
    cache->newest = entry;
    map_add(&cache->by_key, &entry->node);
}

void cache_forget(struct cache *cache, struct span key)
{
    struct cache_entry *entry = cache_entry(cache, key);
    if (entry != NULL)
        cache_drop(cache, entry);
}

void cache_forget_conversation(struct cache *cache, const struct uuid *conversation)
{
    const struct cached what = {.conversation = *conversation};
    for (struct cache_entry *entry = cache->oldest, *newer; entry != NULL; entry = newer) {
        newer = entry->newer;
        if (cache_knows(entry, &what))
            cache_drop(cache, entry);
    }
}
