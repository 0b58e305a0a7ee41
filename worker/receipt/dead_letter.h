/* A record that was not delivered, as it goes to the dead-letter topic: key, value and headers as they came, plus
 * headers that say why. Incoming cupbearer-* headers other than cupbearer-key are dropped: nobody plants them. */
#ifndef RECEIPT_DEAD_LETTER_H
#define RECEIPT_DEAD_LETTER_H

#include "base/buf.h"
#include "event/outcome.h"
#include "event/record.h"

#define DEAD_LETTER_REASON "cupbearer-reason"
#define DEAD_LETTER_SOURCE "cupbearer-source" /* topic/partition/offset */

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

#endif
