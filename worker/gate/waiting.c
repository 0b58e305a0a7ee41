#include "gate/waiting.h"

#include <assert.h>
#include <string.h>

void waiting_init(struct waiting *waiting)
{
    waiting->count = 0;
    pthread_mutex_init(&waiting->mutex, NULL);
}

void waiting_done(struct waiting *waiting)
{
    pthread_mutex_destroy(&waiting->mutex);
}

bool waiting_begin(struct waiting *waiting, const unsigned char hash[TOKEN_BYTES])
{
    size_t same = 0;
    pthread_mutex_lock(&waiting->mutex);
    for (size_t i = 0; i < waiting->count; i++)
        same += memcmp(waiting->hashes[i], hash, TOKEN_BYTES) == 0;
    bool may = waiting->count < WAITING_MAX && same < WAITING_OF_ONE;
    if (may)
        memcpy(waiting->hashes[waiting->count++], hash, TOKEN_BYTES);
    pthread_mutex_unlock(&waiting->mutex);
    return may;
}

void waiting_end(struct waiting *waiting, const unsigned char hash[TOKEN_BYTES])
{
    size_t place = 0;
    pthread_mutex_lock(&waiting->mutex);
    while (place < waiting->count && memcmp(waiting->hashes[place], hash, TOKEN_BYTES) != 0)
        place++;
    assert(place < waiting->count);
    memmove(waiting->hashes[place], waiting->hashes[--waiting->count], TOKEN_BYTES);
    pthread_mutex_unlock(&waiting->mutex);
}

size_t waiting_count(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->mutex);
    size_t count = waiting->count;
    pthread_mutex_unlock(&waiting->mutex);
    return count;
}
