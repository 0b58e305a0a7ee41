/* One event's whole life, put together of what the three topics say of one event id: its records (repetitions, and others that
 * only claim the id), their receipts (each once, however often somebody writes it), their dead letters. An event is what routing
 * key, sender and id are together, so one id may be several events; what is not authentic is none of them, and says nothing of
 * them. Fed with what the topics' partitions hold, of each one the records first; it reads nothing itself. */
#ifndef AUDIT_LIFE_H
#define AUDIT_LIFE_H

#include "audit/ledger.h"
#include "audit/shown.h"
#include "audit/truth.h"

#define LIFE_KEYS_MAX    3    /* a recipient may be an external id, a customer's id and a conversation's */
#define LIFE_RECORDS_MAX 1000 /* of events; what is more is counted */
#define LIFE_FORGED_MAX  20   /* records that are not authentic; likewise, so that no forger fills the place of good ones */
#define LIFE_LETTERS_MAX 1000 /* dead letters; and LIFE_FORGED_MAX that are not authentic; likewise */
#define LIFE_RECEIPTS_MAX 2000 /* likewise; and as many again for those alone that say delivered */
#define LIFE_BYTES_MAX   (64u << 20) /* of all records together; likewise */

enum life_level { LIFE_LEVEL_FINE, LIFE_LEVEL_UNTOLD, LIFE_LEVEL_WRONG };

enum life_verdict {
#define LIFE(name, word, level, text, advice) LIFE_##name,
#include "audit/life.def"
#undef LIFE
    LIFE_VERDICTS
};

struct life_rules {
    struct span event_id;
    struct span account; /* only events of this one; SPAN_NONE: any */
    struct span keys[LIFE_KEYS_MAX]; /* only events of these routing keys, where there are any */
    size_t key_count;
    bool narrowed; /* by these, or to some partitions: not all is read */
    struct ledger ledger; /* but for the partition */
    const struct truth_rules *truth; /* its event rules with the partitions */
};

/* A partition: what of it is read. Offsets of the events' log. */
struct life_partition {
    int32_t id;
    bool unserved;                     /* added while the topic was in use: no worker reads it */
    bool events_read, receipts_read, letters_read; /* could be, to the end that they had */
    bool committed_known;
    int64_t committed;                 /* by the group, before the events' end was asked for; -1: nothing */
    int64_t log_begin, log_end;
    int64_t begin, end;                /* what is read of it */
    int64_t receipts_from_ms;          /* audit_known_from of the receipts that were read */
    int64_t first_ms;                  /* Kafka's stamp of the log's first record that was read; -1: none was */
};

enum life_kind { LIFE_RECORD, LIFE_LETTER, LIFE_RECEIPT }; /* in the order in which they are written */

#define LIFE_NO_EVENT SIZE_MAX

struct life_moment {
    enum life_kind kind;
    int32_t partition;
    int64_t offset, time_ms;  /* its own, and Kafka's stamp of it */
    int64_t order_ms;         /* that, or its record's, where a clock that is behind puts it before that */
    int64_t signed_at_s;      /* 0: not known */
    int64_t of_offset;        /* of the record that it speaks of; a record's own */
    size_t event;             /* an index; LIFE_NO_EVENT: of one that is not authentic */
    enum outcome outcome;     /* of a record: what verifying it says now, OUTCOME_NONE: a worker would admit it; else what is told */
    struct detail detail;     /* of a record: why */
    bool repeated;            /* a record: an earlier one of the event is among these */
    bool sent_again;          /* likewise, and that one had ended without being delivered */
    bool untruthful;          /* a receipt: truth_denies it */
    bool receipted;           /* a record: there is a receipt of it */
    struct record *record;    /* a record's copy, owned; else NULL */
    struct json_t *root;      /* a receipt's object, owned; else NULL */
};

struct life_event {
    char *sender, *key; /* owned; the key is a routing key, key_size bytes */
    size_t key_size;
    enum life_verdict verdict;
    enum outcome outcome; /* for LIFE_ENDED */
    int32_t partition;    /* of the record that decides, or the receipt; and its offset */
    int64_t offset;
    size_t held_record;   /* the index of the moment of the record that a message is held against: the one that decides, or of its
                           * signature; SIZE_MAX: there is none */
    bool other_version;
    /* Of life_shown. */
    bool looked_for;
    enum shown shown;
};

struct life {
    struct life_rules rules;
    struct life_partition *partitions;
    size_t partition_count;
    struct life_moment *moments; /* in the order of time, once finished */
    size_t moment_count;
    struct life_event *events;
    size_t event_count;
    enum life_verdict forged; /* of what is not authentic, where there is no event; LIFE_VERDICTS: there is nothing */
    enum outcome forged_outcome;
    enum life_verdict none;   /* where nothing is there at all; LIFE_VERDICTS: there is something */
    size_t forged_count, record_count, record_bytes, letter_count, forged_letters, receipt_count;
    uint64_t left_out;  /* records, receipts and dead letters beyond the bounds above */
    bool receipts_left_out; /* some of these were receipts: what has none may have one */
    bool events_left_out;   /* some of these may be of events of which nothing else is here */
    uint64_t of_others; /* records of other accounts and keys than the rules name */
    uint64_t foreign;   /* receipts that name the id and no worker wrote */
    uint64_t other_version; /* and those of which this version cannot tell */
};

/* Whether a record claims the id, in however bad a form. */
bool life_is_of(const struct record *record, struct span event_id);

void life_init(struct life *life, const struct life_rules *rules);
void life_done(struct life *life);

/* Begins a partition: `partition` is what is known before it is read; the result, until the next begins, is told what could be
 * read. Then its records, receipts and dead letters: any of the log's may be given. */
struct life_partition *life_begin(struct life *life, const struct life_partition *partition);
void life_record(struct life *life, const struct record *record);
void life_receipt(struct life *life, const struct record *record);
void life_letter(struct life *life, const struct record *letter);

/* When all is given: orders the moments, and judges. */
void life_finish(struct life *life);
/* What Papercups holds of an event, afterwards: judges anew. `whole`: it is what its sender signed, for SHOWN_THERE. */
void life_shown(struct life *life, size_t event, enum shown found, bool whole);

/* The worst of all that is to be said, also of what could not be read. */
enum life_level life_level(const struct life *life);

const char *life_word(enum life_verdict verdict, enum outcome outcome); /* of LIFE_ENDED: the outcome's */
const char *life_text(enum life_verdict verdict, enum outcome outcome);
const char *life_advice(enum life_verdict verdict, enum outcome outcome);
enum life_level life_level_of(enum life_verdict verdict);

#endif
