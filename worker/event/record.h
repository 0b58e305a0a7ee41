/* A Kafka record as it was read: borrowed bytes and its place. A span with data NULL is Kafka's null. */
#ifndef EVENT_RECORD_H
#define EVENT_RECORD_H

#include <stdint.h>

#include "base/span.h"

struct header {
    struct span name;
    struct span value;
};

struct record {
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* the record's own; -1 where it has none */
    struct span key;
    struct span value;
    const struct header *headers;
    size_t header_count;
};

/* The value of the first header of that name; SPAN_NONE where there is none. */
struct span record_header(const struct record *record, const char *name);
/* The same of the last one: what workers add stands behind what came. */
struct span record_header_last(const struct record *record, const char *name);
/* A copy in one block: free() it. */
struct record *record_copy(const struct record *record);
/* How many bytes that block has. */
size_t record_size(const struct record *record);

#endif
