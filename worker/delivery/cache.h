/* What was found out about a customer lately: its row and its open conversation, by a key that begins with the account
 * and says whatever the row was looked for by. A hit saves two requests; it is forgotten after 30 s, because agents
 * close conversations and widgets make rows. Bounded: the oldest makes room. */
#ifndef DELIVERY_CACHE_H
#define DELIVERY_CACHE_H

#include "base/map.h"
#include "base/moment.h"
#include "delivery/answer.h"

#define CACHE_TTL_MS      30000
#define CACHE_ENTRIES_MAX 100000

struct cache_entry;

struct cache {
    struct map by_key;
    struct cache_entry *oldest, *newest;
};

struct cached {
    struct uuid customer;     /* "": not known, where the event is addressed to a conversation */
    struct uuid conversation; /* never "" */
    size_t customer_matches;
    struct mono found_at; /* when Papercups said so */
};

void cache_init(struct cache *cache, const unsigned char hash_key[16]);
void cache_done(struct cache *cache);

/* False where nothing is known of it, or not lately enough. */
bool cache_find(struct cache *cache, struct span key, struct mono now, struct cached *out);
/* Remembers it, in place of what was known before, until CACHE_TTL_MS behind found_at: what was learnt from here and is put
 * again lives no longer for that. */
void cache_put(struct cache *cache, struct span key, const struct cached *what, struct mono now);
void cache_forget(struct cache *cache, struct span key);
/* Whatever leads to that conversation. Goes through all that is remembered. */
void cache_forget_conversation(struct cache *cache, const struct uuid *conversation);

#endif
