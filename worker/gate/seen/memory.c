#include "gate/seen/memory.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"

#define NAME_SIZE 16 /* bytes of a keyed hash: two events do not share one */

struct place {
    unsigned char name[NAME_SIZE];
    struct mono good_until; /* 0: the place is free */
    struct seen_told told;
};

struct seen_memory {
    pthread_mutex_t mutex;
    unsigned char hash_key[crypto_generichash_KEYBYTES];
    struct place places[MEMORY_PLACES];
};

struct seen_memory *seen_memory_new(void)
{
    struct seen_memory *memory = mem_new(1, sizeof(*memory));
    pthread_mutex_init(&memory->mutex, NULL);
    crypto_generichash_keygen(memory->hash_key);
    return memory;
}

void seen_memory_free(struct seen_memory *memory)
{
    if (memory == NULL)
        return;
    pthread_mutex_destroy(&memory->mutex);
    free(memory);
}

/* Each has one place, and the next one that has the same takes it. */
static struct place *memory_place(struct seen_memory *memory, struct span name, unsigned char hash[NAME_SIZE])
{
    uint64_t number;
    crypto_generichash(hash, NAME_SIZE, (const unsigned char *)name.data, name.size, memory->hash_key, sizeof(memory->hash_key));
    memcpy(&number, hash, sizeof(number));
    return &memory->places[number % MEMORY_PLACES];
}

bool seen_memory_find(struct seen_memory *memory, struct span name, struct mono now, struct seen_told *out)
{
    unsigned char hash[NAME_SIZE];
    const struct place *place = memory_place(memory, name, hash);
    *out = (struct seen_told){.state = SEEN_STATE_NOT_KNOWN};
    pthread_mutex_lock(&memory->mutex);
    bool known = place->good_until.ms != 0 && memcmp(place->name, hash, NAME_SIZE) == 0;
    bool good = known && !mono_reached(place->good_until, now);
    if (good)
        *out = place->told;
    else if (known)
        out->message = place->told.message;
    pthread_mutex_unlock(&memory->mutex);
    return good;
}

void seen_memory_keep(struct seen_memory *memory, struct span name, struct mono now, const struct seen_told *told)
{
    unsigned char hash[NAME_SIZE];
    struct place *place = memory_place(memory, name, hash);
    pthread_mutex_lock(&memory->mutex);
    memcpy(place->name, hash, NAME_SIZE);
    place->good_until = told->state == SEEN_STATE_SEEN ? MONO_NEVER : mono_after(now, MEMORY_BRIEF_MS);
    place->told = *told;
    pthread_mutex_unlock(&memory->mutex);
}
