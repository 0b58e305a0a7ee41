/* Memory for jansson's trees. The worker reads one, takes what it needs and frees it, thousands of times a second: some
 * thirty pieces a tree, which malloc's own caches do not hold. Here they are cut one behind the other from a block that
 * is empty again when the last piece is freed; what finds no room comes from malloc. */
#ifndef RUN_JSON_MEMORY_H
#define RUN_JSON_MEMORY_H

#include <stddef.h>

#define JSON_MEMORY_SIZE ((size_t)65536)

/* From here on, in the whole process. Only where jansson is used by one thread; to be called before its first use. */
void json_memory_use(void);

/* What jansson is given then. */
void *json_memory_new(size_t size);
void json_memory_free(void *data);

#endif
