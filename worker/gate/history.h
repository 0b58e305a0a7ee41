/* What was signed with the gate's key, and what became of it: the last of them. Those since the start are told by who signs
 * them; those from before are found again in the receipts topic, which does not say of which message they were made.
 * May be used by many threads at once. */
#ifndef GATE_HISTORY_H
#define GATE_HISTORY_H

#include <jansson.h>

#include "base/span.h"

#define HISTORY_MAX 500

struct history;

/* An event is told by its routing key and its id: the sender is always the gate. */
struct history_entry {
    struct span routing_key, event_id;
    struct span message; /* the template's name; SPAN_NONE: none, or not known */
    struct span who;     /* as the audit log says it; SPAN_NONE: not known */
    int64_t signed_at_ms;
};

struct history *history_new(void);
void history_free(struct history *history);

/* The one that was signed first makes room. */
void history_add(struct history *history, const struct history_entry *entry);
/* Kafka has it. */
void history_published(struct history *history, struct span routing_key, struct span event_id);
/* `receipt` is copied. Of several the first stays that is not of a repetition (`duplicate`), but
 * "delivered" and "unknown" outweigh others whichever comes first. `entry` is added where it is not
 * there, which is one from before the start. */
void history_settle(struct history *history, const struct history_entry *entry, const json_t *receipt);

/* An array, the newest first: the caller's. */
json_t *history_list(struct history *history);

#endif
