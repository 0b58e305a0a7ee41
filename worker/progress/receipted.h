/* What a partition's receipts say before its first record is read: the offsets at or beyond the committed one that have their
 * outcome already. */
#ifndef PROGRESS_RECEIPTED_H
#define PROGRESS_RECEIPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/outcome.h"
#include "event/record.h"

/* An offset with a receipt. A topic may have been deleted and made again, so a record is taken for the one that the
 * receipt means only where the Kafka timestamp and the fingerprint agree. */
struct receipted {
    int64_t offset;
    int64_t timestamp_ms;
    uint64_t fingerprint; /* of the record's key and, where the event was authentic, its id */
    bool authentic;
    enum outcome outcome;
};

struct receipted_list {
    struct receipted *list; /* by offset, once sorted */
    size_t count, capacity;
    size_t next; /* the first that has not been passed */
};

void receipted_add(struct receipted_list *list, const struct receipted *one);
void receipted_sort(struct receipted_list *list);
/* What the record's receipts, read in the order of offsets, say: the one that outweighs the others. OUTCOME_NONE: it has
 * none. */
enum outcome receipted_take(struct receipted_list *list, const struct record *record,
                    const unsigned char hash_key[16]);
void receipted_done(struct receipted_list *list);

/* The key of a record's receipt: the record's own, unless that is out of form and might not fit into any receipt. */
struct span receipted_key(const struct record *record);
/* event_id: that of the record's header; SPAN_NONE for what is not authentic, whose receipt has none. */
uint64_t receipted_fingerprint(struct span key, struct span event_id, const unsigned char hash_key[16]);

#endif
