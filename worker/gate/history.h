/* What the composer signed since the gate was started, and what became of it: the last of them, in memory only. What the
 * audit log and the receipts topic say outlives it. May be used by many threads at once. */
#ifndef GATE_HISTORY_H
#define GATE_HISTORY_H

#include <jansson.h>

#include "base/span.h"

#define HISTORY_MAX 500

struct history;

struct history_entry {
    struct span event_id;
    struct span message; /* the pre-defined message's name, SPAN_NONE: none */
    struct span account;
    const json_t *to; /* as the payload has it */
    struct span key_id;
    int64_t signed_at_ms;
};

struct history *history_new(void);
void history_free(struct history *history);

/* The oldest makes room. */
void history_add(struct history *history, const struct history_entry *entry);
/* Kafka has it. */
void history_published(struct history *history, struct span event_id);
/* `receipt` is copied. Nothing where it is not among them. */
void history_settle(struct history *history, struct span event_id, const json_t *receipt);

/* An array, the newest first: the caller's. */
json_t *history_list(struct history *history);

#endif
