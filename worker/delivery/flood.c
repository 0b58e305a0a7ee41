#include "delivery/flood.h"

#include <stdlib.h>

#include "base/mem.h"

void flood_done(struct flood *flood)
{
    free(flood->admitted_ms);
    *flood = (struct flood){0};
}

static void flood_grow(struct flood *flood)
{
    size_t capacity = flood->capacity == 0 ? 4 : flood->capacity * 2;
    int64_t *ring = mem_new(capacity, sizeof(*ring));
    for (size_t i = 0; i < flood->count; i++)
        ring[i] = flood->admitted_ms[(flood->oldest + i) % flood->capacity];
    free(flood->admitted_ms);
    *flood = (struct flood){ring, flood->count, capacity, 0};
}

bool flood_pass(struct flood *flood, size_t limit, int64_t admitted_ms)
{
    if (limit == 0)
        return true;
    while (flood->count > 0 && flood->admitted_ms[flood->oldest] <= admitted_ms - FLOOD_MS) {
        flood->oldest = (flood->oldest + 1) % flood->capacity;
        flood->count--;
    }
    if (flood->count >= limit)
        return false;
    if (flood->count == flood->capacity)
        flood_grow(flood);
    flood->admitted_ms[(flood->oldest + flood->count++) % flood->capacity] = admitted_ms;
    return true;
}
