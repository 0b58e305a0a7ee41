/* Kafka as far as an engine can tell: events, receipts and dead letters by partition, and what was committed. Nothing
 * fails in here; the world decides what arrives. */
#ifndef TESTS_ENGINE_FAKE_LOG_H
#define TESTS_ENGINE_FAKE_LOG_H

#include "base/moment.h"
#include "progress/progress.h"
#include "event/outcome.h"
#include "event/record.h"

#define FAKE_EVENTS   "events"
#define FAKE_RECEIPTS "receipts"
#define FAKE_DEAD     "dead"

struct fake_receipt {
    struct record *record; /* its own offset is its place in the list */
    int64_t of, of_ms;     /* the event's offset, and its stamp; -1: of another topic */
    enum outcome outcome;
};

struct fake_partition {
    struct record **events; /* by offset, with gaps */
    size_t event_count;
    struct record **gone; /* with a tail that was lost */
    size_t gone_count;
    int64_t begin, end;  /* what lies before `begin` was deleted, though it is in the list */
    unsigned generation; /* of its records: another when some of them are gone and their offsets come again */
    bool made_again;     /* all of them are, the last time */
    /* From there on records were read before those that stand before them, by who had not noticed that; INT64_MAX: none. */
    int64_t ahead;
    struct fake_receipt *receipts;
    size_t receipt_count;
    struct record **dead;
    size_t dead_count;
    int64_t committed; /* -1: nothing was */
    unsigned committed_generation; /* by whoever had read the records of that one */
    char metadata[PROGRESS_TEXT_MAX];
    struct mono barred_until; /* the group has a member of that name for so long, and gives it to nobody else */
    unsigned barred_for;
};

struct fake_log {
    struct fake_partition *partitions;
    int32_t count;
};

void fake_log_init(struct fake_log *log, int32_t partition_count);
void fake_log_done(struct fake_log *log);

/* Appends a copy at the end of the events; its offset is set. The log owns it. */
const struct record *fake_log_publish(struct fake_log *log, const struct record *record);
/* Appends a copy to the receipts (what is not one: outcome NONE, of -1) or to the dead letters. Its offset there. */
int64_t fake_log_write(struct fake_log *log, const char *topic, const struct record *record);
/* Its events are gone, and its offsets begin anew; nothing is committed. Receipts and dead letters stay, but are those of
 * no event that there is. */
void fake_log_make_again(struct fake_log *log, int32_t partition);
/* Its events from that offset on are gone, and their offsets come again. What was committed stays as it is. */
void fake_log_cut(struct fake_log *log, int32_t partition, int64_t end);
void fake_log_commit(struct fake_log *log, int32_t partition, int64_t offset, const char *metadata);

/* The first event at or beyond that offset, or NULL. */
const struct record *fake_log_event(const struct fake_partition *partition, int64_t from);
/* offsets_stamp of the event at that offset; 0: there is none. */
uint32_t fake_log_mark(const struct fake_partition *partition, int64_t offset);
/* The stamp of the event at that offset; -1: there is none. */
int64_t fake_log_stamp(const struct fake_partition *partition, int64_t offset);
/* What the next owner makes of what is committed, whoever has committed it: see assign_start in engine/assign.c. */
bool fake_log_believed(const struct fake_partition *partition, struct progress *out);
/* Whether a receipt is that of the event which stands there now, if one does. */
bool fake_receipt_is_of(const struct fake_partition *partition, const struct fake_receipt *receipt, int64_t of);
size_t fake_log_receipts(const struct fake_partition *partition, int64_t of);
/* OUTCOME_NONE: there is no receipt of that offset. Of several the one that outweighs the others. */
enum outcome fake_log_outcome(const struct fake_partition *partition, int64_t of);
/* Whether a dead letter names that offset as its source. */
bool fake_log_is_dead(const struct fake_partition *partition, int64_t of);
/* Where to read receipts from, as EFFECT_READ_RECEIPTS asks: the earlier of the two. */
size_t fake_log_receipts_from(const struct fake_partition *partition, int64_t offset, int64_t since_ms);

/* What a receipt says; OUTCOME_NONE where it is none. */
enum outcome fake_receipt_outcome(const struct record *receipt);
/* The value of a record's header, or SPAN_NONE. */
struct span fake_log_header(const struct record *record, const char *name);

#endif
