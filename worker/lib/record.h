/* The inside of a cupbearer_record: owned copies of a record's bytes, each followed by a 0 that does not count. */
#ifndef LIB_RECORD_H
#define LIB_RECORD_H

#include "cupbearer/cupbearer.h"
#include "event/record.h"

#define RECORD_HEADERS_MAX      64
#define RECORD_HEADER_BYTES_MAX (64u << 10)
#define RECORD_BYTES_MAX        (1u << 20) /* of a key, of a value: a topic takes no more */

struct cupbearer_record {
    struct span key, value;
    size_t header_count;
    struct header headers[RECORD_HEADERS_MAX];
};

/* The record as event/ takes it, in that partition; it borrows everything. */
struct record record_view(const struct cupbearer_record *record, int32_t partition);

#endif
