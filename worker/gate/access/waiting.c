#include "gate/access/waiting.h"

#include <assert.h>
#include <string.h>

void waiting_init(struct waiting *waiting, size_t max, size_t of_one)
{
    assert(max <= WAITING_MAX);
    waiting->max = max;
    waiting->of_one = of_one;
    waiting->count = 0;
    pthread_mutex_init(&waiting->mutex, NULL);
}

void waiting_done(struct waiting *waiting)
{
    pthread_mutex_destroy(&waiting->mutex);
}

bool waiting_begin(struct waiting *waiting, const unsigned char name[WAITING_NAME_SIZE])
{
    size_t same = 0;
    pthread_mutex_lock(&waiting->mutex);
    for (size_t i = 0; i < waiting->count; i++)
        same += memcmp(waiting->names[i], name, WAITING_NAME_SIZE) == 0;
    bool may = waiting->count < waiting->max && same < waiting->of_one;
    if (may)
        memcpy(waiting->names[waiting->count++], name, WAITING_NAME_SIZE);
    pthread_mutex_unlock(&waiting->mutex);
    return may;
}

void waiting_end(struct waiting *waiting, const unsigned char name[WAITING_NAME_SIZE])
{
    size_t place = 0;
    pthread_mutex_lock(&waiting->mutex);
    while (place < waiting->count && memcmp(waiting->names[place], name, WAITING_NAME_SIZE) != 0)
        place++;
    assert(place < waiting->count);
    memmove(waiting->names[place], waiting->names[--waiting->count], WAITING_NAME_SIZE);
    pthread_mutex_unlock(&waiting->mutex);
}

size_t waiting_count(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->mutex);
    size_t count = waiting->count;
    pthread_mutex_unlock(&waiting->mutex);
    return count;
}
