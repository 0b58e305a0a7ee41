#include "run/json_memory.h"

#include <jansson.h>
#include <stdalign.h>
#include <stdlib.h>

static alignas(max_align_t) char block[JSON_MEMORY_SIZE];
static size_t used, pieces;

void *json_memory_new(size_t size)
{
    size_t whole = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (whole < size || whole > sizeof(block) - used)
        return malloc(size);
    void *data = block + used;
    used += whole;
    pieces++;
    return data;
}

void json_memory_free(void *data)
{
    char *piece = data;
    if (piece < block || piece >= block + sizeof(block)) {
        free(data);
        return;
    }
    if (--pieces == 0)
        used = 0;
}

void json_memory_use(void)
{
#ifndef __SANITIZE_ADDRESS__ /* which sees nothing of what happens inside a block */
    json_set_alloc_funcs(json_memory_new, json_memory_free);
#endif
}
