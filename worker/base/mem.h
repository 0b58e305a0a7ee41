/* Memory that is there or ends the process. A worker that cannot get some dozens of bytes cannot keep its promises
 * either; it dies here, and the next one starts from the committed offset. The library (lib/) uses only buf, which
 * reports. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/span.h"

/* Zeroed memory for `count` things of `size` bytes; free() it. Never NULL. */
void *mem_new(size_t count, size_t size);
void *mem_grow(void *data, size_t count, size_t size);
/* A terminated copy; free() it. */
char *mem_copy(struct span s);

#endif
