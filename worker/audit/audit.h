/* Whether records = outcomes in one partition: every record of a span has exactly one outcome, said by receipts that mean
 * it and are true of it, as far as it can tell by itself, and by a dead letter where there has to be one. Fed with what the
 * three topics' partitions hold, records first, then receipts, then dead letters; it reads nothing itself. A record takes 32
 * bytes, and so does an outcome that deduplication goes by. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "audit/deviation.h"
#include "audit/ledger.h"
#include "audit/truth.h"

struct audit_rules {
    struct ledger ledger;
    int64_t log_begin, log_end; /* of the events, when the audit began */
    int64_t begin, end;         /* the span's part of it */
    int64_t committed;          /* by the group, before the log's end was asked for; -1: nothing */
    int64_t since_ms,
        until_ms;      /* of the records in the span; receipts that name others are none of its business */
    int64_t window_ms; /* of deduplication */
    const struct truth_rules *truth; /* NULL: what receipts say is believed */
};

/* A record, and what was said of it. */
struct audited {
    int64_t offset, timestamp_ms;
    uint64_t fingerprint;     /* of key and event id: what an authentic record's receipt names */
    uint32_t key_fingerprint; /* of the key alone: what any other's names */
    uint8_t outcome;          /* delivered wins over others, else the first; OUTCOME_NONE: no receipt */
    uint8_t other;            /* of a receipt that disagrees */
    uint8_t
        letter; /* the outcome whose reason a dead letter names: the record's own, if there is such a one */
    uint8_t found : 7; /* truth_of the record */
    uint8_t other_version : 1; /* a receipt of another version names it */
};

/* A receipt of an identity: what deduplication has to go by. */
struct sighting {
    uint64_t identity; /* ledger_identity */
    int64_t offset, admitted_at_ms;
    uint32_t until_s; /* for so long a repetition is a duplicate; rounded up, as in dedup/window */
    uint8_t outcome;
    bool in_span;
};

struct audit_counts {
    uint64_t records;
    uint64_t outcomes[OUTCOME_COUNT]; /* each record once */
    uint64_t pending;                 /* no receipt yet, and at or beyond the group's offset */
    uint64_t without_outcome;         /* no receipt, and below it */
    uint64_t not_judged;              /* the same, but older than the receipts that are left */
    uint64_t letters_not_judged;      /* no dead letter, but older than those that are left */
    uint64_t repeated;                /* receipts beside a record's first one */
    uint64_t foreign;                 /* what is in the receipts topic and no worker wrote */
    uint64_t other_version;           /* receipts of which this version cannot tell who wrote them */
    uint64_t other_version_only;      /* records that only such receipts name, and below the group's offset */
    /* Of audit_shown: looked for in Papercups, and could not be; and unknown ones that are proven not to be there. */
    uint64_t read_back, not_read, unknown_absent;
};

struct audit {
    struct audit_rules rules;
    struct audited *records; /* by offset */
    size_t record_count, record_capacity;
    struct sighting *sightings;
    size_t sighting_count, sighting_capacity;
    int64_t *
        deleted; /* offsets with a receipt among those that were deleted before the group's offset came to them */
    size_t deleted_count, deleted_capacity;
    struct audit_counts counts;
    struct deviations deviations; /* by offset, once finished */
};

void audit_init(struct audit *audit, const struct audit_rules *rules);
void audit_done(struct audit *audit);

/* In the order of their offsets, from rules.begin to before rules.end. */
void audit_record(struct audit *audit, const struct record *record);
/* The one at that offset, or NULL: none was in the span. It stays until the next audit_record. */
struct audited *audit_record_at(const struct audit *audit, int64_t offset);
/* A record of the receipts' partition, to be looked at by its MAC, its place and what it says. */
void audit_receipt(struct audit *audit, const struct record *record);
/* A record of the dead letters' partition, by its key and two of its headers. */
void audit_dead_letter(struct audit *audit, struct span key, struct span source, struct span reason);

/* Fills counts and deviations. The two times say from when on what was written to the receipts and to the dead letters
 * was surely read: audit_known_from. */
void audit_finish(struct audit *audit, int64_t receipts_from_ms, int64_t dead_letters_from_ms);

void audit_counts_add(struct audit_counts *sum, const struct audit_counts *counts);

/* What was read of a partition's log. */
struct audit_reading {
    int64_t log_begin, log_end;
    int64_t begin;                  /* where reading began */
    int64_t asked_ms;               /* and, where that is not the log's beginning, the time that led there */
    int64_t first_offset, first_ms; /* of the first record that came; -1: none did */
};

/* A record of it that came: the first is noted. */
void audit_reading_take(struct audit_reading *reading, int64_t offset, int64_t timestamp_ms);
/* The time from which on all that was written is among what was read: retention deletes at the log's beginning, and may do
 * so while it is read. INT64_MIN: all that ever was; INT64_MAX: nothing is known. */
int64_t audit_known_from(const struct audit_reading *reading);

#endif
