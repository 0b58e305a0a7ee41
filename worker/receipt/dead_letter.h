/* A record that was not delivered, as it goes to the dead-letter topic: key, value and headers as they came, plus
 * headers that say why. Incoming cupbearer-* headers other than cupbearer-key are dropped: nobody plants them. */
#ifndef RECEIPT_DEAD_LETTER_H
#define RECEIPT_DEAD_LETTER_H

#include "base/buf.h"
#include "event/outcome.h"
#include "event/record.h"

#define DEAD_LETTER_REASON     "cupbearer-reason"
#define DEAD_LETTER_DETAIL     "cupbearer-detail"
#define DEAD_LETTER_SOURCE     "cupbearer-source"     /* topic/partition/offset */
#define DEAD_LETTER_FAILED_AT  "cupbearer-failed-at"  /* Unix milliseconds */
#define DEAD_LETTER_ATTEMPTS   "cupbearer-attempts"
#define DEAD_LETTER_VALUE_SIZE "cupbearer-value-size" /* only where the value is left out */

#define DEAD_LETTER_ADDED_MAX 8 /* headers beside the record's own */

struct dead_letter {
    struct header *headers; /* in one block with what they point to, or into the record */
    size_t header_count;
    struct span value; /* the record's, or SPAN_NONE where it would not fit */
    struct buf text;   /* what the added headers point into */
};

struct dead_letter_facts {
    const char *topic; /* the events topic */
    enum outcome outcome;
    const char *detail;
    int64_t failed_at_ms;
    unsigned attempts;
    bool without_value; /* the broker found it too large: size and SHA-256 stand for the value */
};

/* Borrows from the record; dead_letter_done it. */
void dead_letter_init(struct dead_letter *letter, const struct record *record,
                      const struct dead_letter_facts *facts);
void dead_letter_done(struct dead_letter *letter);

/* The offset that a dead letter's source names, where it is of this topic and partition; else -1. */
int64_t dead_letter_offset(struct span source, const char *topic, int32_t partition);
/* The outcome with that reason; OUTCOME_NONE where the table has none. */
enum outcome dead_letter_outcome(struct span reason);
/* How many headers of a dead letter are the record's own: `headers` is what they are moved into. The rest, the workers',
 * stands behind them. */
size_t dead_letter_own_headers(const struct record *letter, struct header *headers);

#endif
