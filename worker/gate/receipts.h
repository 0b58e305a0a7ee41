/* Outcomes of events: the most recent receipts, as many as fit into memory, by event id. A thread of its own follows the receipts
 * topic, outside any group; only receipts with the workers' MAC count, and only those of events whose account is known. */
#ifndef GATE_RECEIPTS_H
#define GATE_RECEIPTS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/moment.h"
#include "event/outcome.h"

struct receipts;

/* A place in the order in which they were read; the next one has the next number. */
typedef uint64_t receipts_place;

/* One in memory. Spans point into memory that lasts until the lock is released: copy what is needed. */
struct receipt_seen {
    receipts_place place;
    int32_t partition; /* of the receipts topic, as is the offset */
    int64_t offset;
    struct span routing_key, event_id, account;
    int32_t event_partition;
    int64_t event_offset;
    enum outcome outcome;
    struct span json;
};

/* Holds at most `count_max` receipts of `bytes_max` bytes together; the oldest go first. */
struct receipts *receipts_new(size_t count_max, size_t bytes_max);
void receipts_free(struct receipts *receipts);

/* Takes a copy. */
void receipts_add(struct receipts *receipts, const struct receipt_seen *seen);

/* Which receipt is asked for. */
struct receipts_query {
    struct span event_id;
    bool (*may_see)(const void *context, struct span account);
    const void *context;
    int32_t partition; /* of the event's record; -1: any place */
    int64_t offset;
    struct buf *routing_key; /* gets that of the event; NULL: it is not wanted */
};

/* Waits up to `wait_ms` for the receipt and appends its JSON. Of several with this id the latest record's that is not a duplicate
 * wins, else the latest; of several of one record the one that outweighs the others. False if there is none by then, or after
 * receipts_end. */
bool receipts_wait(struct receipts *receipts, const struct receipts_query *query, int64_t wait_ms,
                   struct buf *out);

/* Where the next one will be. */
receipts_place receipts_next(struct receipts *receipts);
/* The place behind the receipt at that place of the topic. False where it is not remembered; *out is then the oldest. */
bool receipts_behind(struct receipts *receipts, int32_t partition, int64_t offset, receipts_place *out);
/* Calls `tell` for each one from *place on, at most `most`, and advances *place; if there is none, waits up to `wait_ms` first.
 * *missed becomes true if some were dropped: the reader is slower than they come. False after receipts_end. */
bool receipts_follow(struct receipts *receipts, receipts_place *place, int64_t wait_ms, size_t most,
                     bool *missed, void (*tell)(void *context, const struct receipt_seen *seen),
                     void *context);

/* Ends all waits, for good. */
void receipts_end(struct receipts *receipts);

#endif
