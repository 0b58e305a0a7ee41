/* What became of events, as far back as memory goes: the receipts that were read last, each under its event's id. A thread
 * of its own follows the receipts topic, without a group; only receipts with the workers' code count, and only those of
 * events whose account is known. */
#ifndef GATE_RECEIPTS_H
#define GATE_RECEIPTS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/moment.h"
#include "event/outcome.h"

struct receipts;

/* A place in the order in which they were read; the next one has the next number. */
typedef uint64_t receipts_place;

/* One that is remembered. Spans point into memory that lasts until the lock is given back: copy what is needed. */
struct receipt_seen {
    receipts_place place;
    int32_t partition; /* of the receipts topic, as is the offset */
    int64_t offset;
    struct span event_id, account;
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
};

/* Waits up to `wait_ms` for the receipt and appends its JSON. Of several with this id the last record's is told that is no repetition
 * of another event, else the last; of several of one record the one that outweighs the others. False where there is none by then, or receipts_end was called. */
bool receipts_wait(struct receipts *receipts, const struct receipts_query *query, int64_t wait_ms,
                   struct buf *out);

/* Where the next one will be. */
receipts_place receipts_next(struct receipts *receipts);
/* The place behind the receipt at that place of the topic. False where it is not remembered; *out is then the oldest. */
bool receipts_behind(struct receipts *receipts, int32_t partition, int64_t offset, receipts_place *out);
/* Calls `tell` for each from *place on that is remembered, at most `most`, and moves *place; where there is none, waits up to
 * `wait_ms` for one first. *missed becomes true where some are not remembered any more: who reads more slowly than they
 * come misses them. False when receipts_end was called. */
bool receipts_follow(struct receipts *receipts, receipts_place *place, int64_t wait_ms, size_t most,
                     bool *missed, void (*tell)(void *context, const struct receipt_seen *seen),
                     void *context);

/* Nobody waits any more, from now on. */
void receipts_end(struct receipts *receipts);

#endif
