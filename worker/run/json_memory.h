/* An allocator for jansson. The worker reads a tree, takes what it needs and frees it, thousands of times a second: some thirty
 * allocations each, more than malloc's own caches hold. Here they are carved from one block, which is empty again once the last of
 * them is freed; what does not fit comes from malloc. */
#ifndef RUN_JSON_MEMORY_H
#define RUN_JSON_MEMORY_H

#include <stddef.h>

#define JSON_MEMORY_SIZE ((size_t)65536)

/* From here on, in the whole process. Only where jansson is used by one thread from here on; what it has made before is freed all
 * the same. */
void json_memory_use(void);

/* What jansson is given then. */
void *json_memory_new(size_t size);
void json_memory_free(void *data);

#endif
