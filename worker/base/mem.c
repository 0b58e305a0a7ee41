#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>

void *mem_new(size_t count, size_t size)
{
    void *data = calloc(count == 0 ? 1 : count, size);
    if (data == NULL)
        abort();
    return data;
}

void *mem_grow(void *data, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        abort();
    void *grown = realloc(data, count * size);
    if (grown == NULL)
        abort();
    return grown;
}

char *mem_copy(struct span s)
{
    char *copy = mem_new(s.size + 1, 1);
    if (s.size > 0)
        memcpy(copy, s.data, s.size);
    return copy;
}
