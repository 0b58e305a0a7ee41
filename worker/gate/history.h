/* What was signed with the gate's key, and its outcome; the most recent. Events of this start are added as they are signed; older
 * ones are found in the receipts topic, which does not say which template they were made from. Thread-safe. */
#ifndef GATE_HISTORY_H
#define GATE_HISTORY_H

#include <jansson.h>

#include "base/span.h"

#define HISTORY_MAX 500

struct history;

/* An event is identified by its routing key and its id: the sender is always the gate. */
struct history_entry {
    struct span routing_key, event_id;
    struct span message; /* the template's name; SPAN_NONE: none, or not known */
    struct span who;     /* as the audit log says it; SPAN_NONE: not known */
    int64_t signed_at_ms;
};

struct history *history_new(void);
void history_free(struct history *history);

/* Drops the oldest to make room. */
void history_add(struct history *history, const struct history_entry *entry);
/* Kafka has it. */
void history_published(struct history *history, struct span routing_key, struct span event_id);
/* `receipt` is copied. The first one counts that is not a `duplicate`; but "delivered" and "unknown" outweigh others, whichever
 * comes first. `entry` is added if missing: then it is from before this start. */
void history_settle(struct history *history, const struct history_entry *entry, const json_t *receipt);

/* The receipt of an event: the caller's; NULL where none is known. */
json_t *history_receipt(struct history *history, struct span routing_key, struct span event_id);

/* An array, the newest first: the caller's. */
json_t *history_list(struct history *history);

#endif
