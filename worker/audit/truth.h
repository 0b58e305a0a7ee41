/* What a record says of its outcome by itself, held against what a receipt says: an authentic receipt may still be untrue. */
#ifndef AUDIT_TRUTH_H
#define AUDIT_TRUTH_H

#include "event/event.h"

struct truth_rules {
    struct event_rules event; /* without partitions: see truth_denies */
    bool stamps_are_brokers;  /* a record's time stamp is its admission; else the worker's clock was */
};

/* The first of the checks that the record does not pass; OUTCOME_NONE: it passes all. */
enum outcome truth_of(const struct record *record, const struct truth_rules *rules);

/* Whether a receipt that tells `told` is untrue of a record of which `found` is the truth. Only what follows from the record's
 * bytes, its stamp and its key decides that: who is in the keyring, what is granted to whom, and how a topic is partitioned,
 * may have been otherwise when the receipt was written. And what is older than it may live may have been shown all the same:
 * as a repetition of one that was posted in time, and found again. */
bool truth_denies(const struct truth_rules *rules, enum outcome found, enum outcome told);

#endif
