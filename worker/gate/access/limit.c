#include "gate/access/limit.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"

#define SETS 1024u
#define WAYS 8u

/* In parts, so that there are no fractions: each unit takes 60,000, and a minute gives back 60,000 for each unit of the limit. */
#define ONE 60000

struct used {
    uint64_t hash; /* 0: free */
    int64_t parts; /* that were taken and are not given back yet */
    int64_t at_ms;
};

struct limit {
    pthread_mutex_t mutex;
    unsigned char hash_key[crypto_shorthash_KEYBYTES];
    struct used slots[SETS][WAYS];
};

struct limit *limit_new(void)
{
    struct limit *limit = mem_new(1, sizeof(*limit));
    pthread_mutex_init(&limit->mutex, NULL);
    crypto_shorthash_keygen(limit->hash_key);
    return limit;
}

void limit_free(struct limit *limit)
{
    if (limit == NULL)
        return;
    pthread_mutex_destroy(&limit->mutex);
    free(limit);
}

/* The slot of that hash; if it has none a free one, else that of the name that has used least. */
static struct used *limit_find(struct limit *limit, uint64_t hash)
{
    struct used *set = limit->slots[hash % SETS], *least = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == hash)
            return &set[i];
        if (set[i].hash == 0 || (least->hash != 0 && set[i].parts < least->parts))
            least = &set[i];
    }
    *least = (struct used){.hash = hash};
    return least;
}

int64_t limit_take(struct limit *limit, struct span name, int64_t per_minute, struct mono now)
{
    uint64_t hash = 0;
    if (per_minute == 0)
        return 0;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)name.data, name.size, limit->hash_key);
    hash |= 1;
    pthread_mutex_lock(&limit->mutex);
    struct used *used = limit_find(limit, hash);
    int64_t back = (now.ms - used->at_ms) * per_minute;
    used->parts = back >= used->parts ? 0 : used->parts - back;
    used->at_ms = now.ms;
    int64_t over = used->parts + ONE - per_minute * ONE;
    if (over <= 0)
        used->parts += ONE;
    pthread_mutex_unlock(&limit->mutex);
    return over <= 0 ? 0 : (over + per_minute * 1000 - 1) / (per_minute * 1000);
}
