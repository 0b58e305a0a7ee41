/* The entry point of the core: an input and a moment go in, effects come out. The engine knows no socket, no clock, no
 * Kafka; completions are inputs like everything else, so a crash can fall between any two, and the same inputs give the
 * same effects. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/histogram.h"
#include "base/moment.h"
#include "base/trace.h"
#include "delivery/account.h"
#include "delivery/delivery.h"
#include "progress/progress.h"
#include "event/event.h"
#include "papercups/reply.h"

#define ENGINE_REACH_STEP 5000 /* some seconds of work */
#define ENGINE_LOG_CHECK_MS 30000

struct engine_options {
    const char *events_topic, *receipts_topic, *dead_topic; /* must outlive the engine */
    enum partitioner partitioner;
    int32_t partition_count;
    bool
        admit_by_clock; /* the topic has producers' timestamps: the worker's clock says when a record was admitted */
    int64_t window_ms;
    struct delivery_limits limits;
    int64_t lease_ms; /* how long an accepted commit proves that the partitions are ours; 0: no lease is needed */
    int64_t flood_limit; /* events to one conversation within a minute; 0: any number */
    int64_t spacing_ms;  /* between two messages to one customer */
    int64_t look_ms;     /* least time between two glances at a conversation; 0: no glances */
    int64_t drain_ms;
    int64_t reach_step; /* how far deliveries may start beyond what was read; after a crash no more is in doubt */
    int64_t log_check_ms; /* how often to check that a log is still the one that was read; 0: never */
    int64_t memory_bytes; /* of records that wait or are under way */
    bool papercups_ids, name_events;
    uint64_t lost_secret; /* fingerprint of a mark secret that is lost for good: what was done under it is ignored;
                           * 0: none is */
    struct member member; /* this worker, where it has a name in its group */
    unsigned char hash_key[16];
    uint64_t seed; /* of the jitter */
    const struct trace *trace; /* what changes its state, and why; NULL: nobody listens. Must outlive the engine */
    const struct account_options *accounts;
    size_t account_count;
};

/* Names what an answer is awaited for. 0: none. A late answer about something gone is ignored. */
typedef uint64_t engine_handle;

enum input_type {
    INPUT_TICK,      /* time has passed */
    INPUT_ASSIGNED,  /* the partition is ours, or ours again: `offset` and `metadata` as committed, `begin` and `end` of its
                      * log now, and the stamps of the records that the metadata name as below */
    INPUT_RECEIPT,   /* one of its receipts, in the order of their log, as EFFECT_READ_RECEIPTS asked */
    INPUT_REBUILT,   /* those were all; `offset`: behind the last of the receipts' partition */
    INPUT_RECORD,    /* read from a started partition, in the order of its log */
    INPUT_ANSWERED,  /* what came of EFFECT_REQUEST */
    INPUT_PRODUCED,  /* what came of EFFECT_PRODUCE */
    INPUT_COMMITTED, /* what came of EFFECT_COMMIT */
    INPUT_LOG_CHECKED, /* what came of EFFECT_CHECK_LOG */
    INPUT_REVOKED,   /* to be given up: finish what is under way, commit, then EFFECT_RELEASED */
    INPUT_LOST,      /* given up already: another worker may have it */
    INPUT_KEYRING,   /* a new keyring; the engine takes ownership */
    INPUT_API_KEY, /* an account's key was changed: it makes no call until /api/v1/me says that it is good */
    INPUT_ACCOUNTS, /* the new configuration: `accounts`, all that exist and new ones, and `memory_bytes`. One
                     * that is `held` makes no call until /api/v1/me says that its key is good, also where it made some before */
    INPUT_STOP,    /* give up everything, then EFFECT_STOPPED */
};

enum produced {
    PRODUCED_OK,
    PRODUCED_FAILED,    /* not acknowledged; to be tried again */
    PRODUCED_TOO_LARGE, /* the broker will never take it */
};

struct input {
    enum input_type type;
    struct moment now;
    int32_t partition;    /* ASSIGNED, REBUILT, COMMITTED, LOG_CHECKED, REVOKED, LOST */
    int64_t offset;       /* ASSIGNED, REBUILT, LOG_CHECKED; PRODUCED: where it was written, -1: not known */
    bool never_committed; /* ASSIGNED: the group has no offset for it; `offset` is the log's beginning */
    int64_t begin, end;   /* ASSIGNED; LOG_CHECKED: `begin`, where `offset` is beyond what was asked about */
    /* ASSIGNED: offsets_stamp of the records at progress.last (where none is named: below `offset`) and progress.seen; 0: there
     * is none, or none is named.
     * LOG_CHECKED: last_stamp is that of the record at `offset`, which is the first one at or beyond the offset that was
     * asked about, or of the log where it does not reach so far back or ahead; 0: the log ends at `offset`. */
    uint32_t last_stamp, seen_stamp;
    struct span metadata; /* ASSIGNED; SPAN_NONE: there was none */
    bool ok;              /* COMMITTED */
    enum produced produced;
    int64_t stamp_ms; /* PRODUCED: when it was written by the broker's clock; 0: the broker does not say */
    struct keyring *keyring;     /* KEYRING */
    size_t account;              /* API_KEY: the account_options.index */
    /* ACCOUNTS: copied. Index and papercups_account of an existing one do not change. */
    const struct account_options *accounts;
    size_t account_count;
    int64_t memory_bytes;
    engine_handle handle;        /* ANSWERED, PRODUCED, COMMITTED, LOG_CHECKED */
    const struct record *record; /* RECORD, RECEIPT */
    const struct reply *reply;   /* ANSWERED */
};

enum effect_type {
    EFFECT_REQUEST, /* to Papercups; answered by INPUT_ANSWERED with the handle, whatever happens */
    EFFECT_PRODUCE, /* to Kafka; answered by INPUT_PRODUCED with the handle */
    EFFECT_COMMIT,  /* partition, offset, text: the metadata; answered by INPUT_COMMITTED with the handle */
    EFFECT_CHECK_LOG, /* partition, offset: which record stands there now; answered by INPUT_LOG_CHECKED with the handle, and a
                       * later one of the partition takes its place */
    EFFECT_READ_RECEIPTS, /* partition: hand in its receipts from the earlier of `offset` and `since` up to their end now */
    EFFECT_START,    /* partition: hand in its records from `offset` on; `count` receipts had no good MAC */
    EFFECT_PAUSE,    /* partition: hand in no more records */
    EFFECT_RESUME,   /* partition */
    EFFECT_RELEASED, /* partition: nothing of it is left here, its last commit is answered */
    EFFECT_STOPPED,  /* after INPUT_STOP: everything is released */
    EFFECT_SETTLED,  /* for logs and metrics: an outcome was acknowledged */
    EFFECT_ACCOUNT,  /* for logs and metrics: account->hold has changed */
    EFFECT_CIRCUIT,  /* for logs and metrics: concurrency_is_open of the account has changed */
    EFFECT_TROUBLE,  /* for logs and metrics: a call did not go well and is tried again */
    EFFECT_LOG_CHANGED, /* an alarm: `change`, and `offset`: what was committed, or where a record came anew */
    EFFECT_OTHER_SECRET, /* the partition was committed under the mark secret of that fingerprint, which this worker does not
                          * have: it is not begun, and the worker must leave the group */
    EFFECT_NAMESAKE, /* an alarm: another worker of this one's name in the group had the partition, and may not know yet;
                      * it is begun only when that one's lease is over */
};

/* How a partition's log is not the one that was read before. */
enum log_change {
    LOG_DELETED, /* it begins behind what was committed: records were deleted unread */
    LOG_SHORTER, /* it ends before what was committed: it lost its tail, or the topic was made again */
    LOG_OTHER,   /* the last record below what was committed is another one, or is not there */
    LOG_WENT_BACK, /* another record, or none, stands where one was read: the partition is lost, and the group is to be joined
                    * anew */
};

/* What is reported with an outcome; spans are valid until the next engine_take. */
struct settled {
    enum outcome outcome;
    struct span account, event_id, sender;
    struct span key_id; /* of the keyring: the one that the record names, whether or not it has signed it */
    const char *detail;
    int64_t offset, admitted_at_ms, finished_at_ms;
    unsigned attempts;
    size_t customer_matches;
    int64_t record_timestamp_ms, signed_at_s;
};

struct trouble {
    struct span account, event_id; /* SPAN_NONE: its event is delivered, and its conversation was looked at */
    const char *call, *answer, *detail;
    int64_t offset;
};

struct effect {
    enum effect_type type;
    engine_handle handle;
    int32_t partition;
    int64_t offset;    /* COMMIT, CHECK_LOG, READ_RECEIPTS, START */
    struct wall since; /* READ_RECEIPTS; 0: from the beginning */
    size_t count;      /* START: receipts without a good MAC */
    size_t other_version; /* START: receipts whose MAC is of a version that this one does not know */
    enum log_change change; /* LOG_CHANGED */
    uint64_t secret;        /* OTHER_SECRET */

    /* REQUEST */
    const struct account *account;
    enum call_kind call;
    const char *method;
    struct buf path, body; /* the performer may take them and leave them zeroed */
    struct mono until;     /* a write that has not left by then must not leave: "not sent" is its answer */

    /* REQUEST, which carries it as a header, SETTLED, TROUBLE: that of the event's record, as traceparent_of says; SPAN_NONE too
     * where it is for no event. */
    struct span traceparent;

    /* PRODUCE: to `topic`, `partition` (-1: by key); a span with data NULL is null */
    const char *topic;
    int64_t timestamp_ms; /* for a topic with its producers' stamps; 0: the time of producing */
    struct span key, value;
    struct header *headers;
    size_t header_count;

    struct buf text, header_text; /* the engine's: what the above may point into */
    struct settled settled;
    struct trouble trouble;
};

/* In the order in which they must be done; the engine's until the next call. */
struct effects {
    struct effect *list;
    size_t count;
};

struct engine;

/* Takes ownership of the keyring and the keys (a previous mark secret may be NULL). Free it with engine_free. */
struct engine *engine_new(const struct engine_options *options, struct keyring *keyring,
                          struct key mark_secret, const struct key *previous_mark_secret);
void engine_free(struct engine *engine);

void engine_take(struct engine *engine, const struct input *input, struct effects *out);

/* When INPUT_TICK is due at the latest; MONO_NEVER. */
struct mono engine_deadline(const struct engine *engine);

/* False: its memory is full; hand in no record until any other input has made room. One that is handed in all the same is
 * taken. */
bool engine_has_room(const struct engine *engine);
/* Bytes of the partition's events that were taken and are not settled: see progress/intake.h. 0 while there is room for all, so
 * that partitions take turns. */
size_t engine_held(const struct engine *engine, int32_t partition);

/* Whether it may go on where a commit names the mark secret of that fingerprint: it is the present one, the previous, or
 * given up as lost. */
bool engine_knows_secret(const struct engine *engine, uint64_t secret);
/* Of its present one. */
uint64_t engine_secret(const struct engine *engine);

/* What it knows of the clock of the brokers, which deadlines are counted on; that of Papercups is the account's. */
const struct remote_clock *engine_broker_clock(const struct engine *engine);

/* For metrics: every account in turn (NULL: the first), NULL behind the last; and the outcomes of records whose account
 * is not known. */
const struct account *engine_next_account(const struct engine *engine, const struct account *account);
const uint64_t *engine_outcomes(const struct engine *engine);

/* The state of one of its partitions, for a watchdog; false where it is not ours. */
struct partition_status {
    int64_t settled;     /* all records below are */
    int64_t progress;    /* another number with each record that is, also beyond one that is not */
    size_t unsettled;    /* records that were read and are not */
    bool begins;         /* it is not read yet */
    uint64_t rebuilt;    /* receipts that were read since it was assigned */
    struct mono since;   /* when it was assigned or, where it does not begin any more, when that was over */
    const char *because; /* what the oldest of them, or the partition, waits for */
};
bool engine_status(const struct engine *engine, int32_t partition, struct partition_status *out);

/* When the oldest of the events that were read and are not settled was admitted; false where there are none. */
bool engine_oldest(const struct engine *engine, struct wall *admitted);

/* How long calls to Papercups took, by what came back. */
struct call_times {
    struct histogram of[CALL_KINDS][STATUS_CLASSES];
};
const struct call_times *engine_call_times(const struct engine *engine);

/* For the shell's farewell and the metrics: partitions of which nothing is read for now, records that are not settled,
 * requests under way. */
size_t engine_paused(const struct engine *engine);
size_t engine_unsettled(const struct engine *engine);
size_t engine_requests(const struct engine *engine);

#endif
