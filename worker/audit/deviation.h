/* An offset at which records and outcomes differ, and how. */
#ifndef AUDIT_DEVIATION_H
#define AUDIT_DEVIATION_H

#include <stdint.h>

#include "base/buf.h"
#include "event/outcome.h"

enum deviation_kind {
#define DEVIATION(name, word, advice) DEVIATION_##name,
#include "audit/deviation.def"
#undef DEVIATION
    DEVIATION_COUNT,
};

#define DEVIATION_REASON_UNKNOWN OUTCOME_COUNT /* of a dead letter whose reason is none of the table's */

struct deviation {
    int64_t offset;
    int64_t other; /* the second offset that the sentence names, where it names one */
    enum deviation_kind kind;
    enum outcome outcome; /* of the record, or of the receipt that has none */
    /* Of the receipt, dead letter or record that says something else; OUTCOME_NONE: there is none, or the record passes
     * all checks. */
    enum outcome other_outcome;
};

struct deviations {
    struct deviation *list;
    size_t count, capacity;
};

/* All zero is none. */
void deviations_add(struct deviations *deviations, const struct deviation *one);
/* By offset; those of one offset by kind. */
void deviations_sort(struct deviations *deviations);
void deviations_done(struct deviations *deviations);

const char *deviation_word(enum deviation_kind kind);
/* What to do about those of that kind, as one sentence. */
const char *deviation_advice(enum deviation_kind kind);
/* What is wrong, as one sentence without the place. Nothing in it comes from a record. */
void deviation_tell(struct buf *out, const struct deviation *deviation);

#endif
