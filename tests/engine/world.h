/* A small world around engines: some workers over one fake Kafka and one fake Papercups, in virtual time. Whatever an
 * engine asks for waits in a list until the test says what becomes of it, so every order of events can be played. What an
 * engine does is written into a trace, one line each, and held against the promises that hold at every moment; the first
 * breach stays in `failure`. */
#ifndef TESTS_ENGINE_WORLD_H
#define TESTS_ENGINE_WORLD_H

#include "engine/engine.h"
#include "fake_log.h"
#include "fake_papercups.h"
#include "receipt/receipt.h"
#include "world_accounts.h"

#define WORLD_WORKERS_MAX 3
#define WORLD_EVENTS_MAX  256            /* whose ids are e and a number */
#define WORLD_NOBODY      (-1)           /* a worker that is gone; what it sent may still arrive */
#define WORLD_HOST        "shop.example" /* of the accounts' pages */

#define WORLD_WITHIN_S   3600 /* the accounts' deliver_within */
#define WORLD_HTTP_MS    15000
#define WORLD_SETTLE_MS  10000
#define WORLD_DRAIN_MS   10000
#define WORLD_SESSION_MS 45000 /* who was not heard of for so long is out of the group */
#define WORLD_LEASE_MS   27000
#define WORLD_HEARTBEAT_MS 3000
#define WORLD_HOLD_MS    3000  /* how long the next message waits for a look at its conversation */
#define WORLD_COMMIT_MS  60000 /* how long a commit that got no answer may still arrive */

struct world_options {
    int32_t partition_count;
    int worker_count;
    size_t account_count;
    unsigned late_accounts; /* a bit each: of them, those that no worker knows at first */
    int32_t max_in_flight; /* of each account */
    int64_t spacing_ms, flood_limit, memory_bytes, window_ms;
    int64_t new_spacing_ms;      /* after a new conversation's first message */
    int64_t look_ms;             /* how often a conversation is looked at after posts; 0: never */
    int64_t reach_step, log_check_ms;
    int64_t lease_ms;            /* 0: none */
    int64_t unknown_for_ms;      /* 0: an hour */
    int64_t stale_ms;            /* how old what a cache answers may be: the settle time pays for it */
    bool answers_are_kept;       /* for world_answer_other */
    size_t account_memory_bytes; /* 0: accounts have no share of their own */
    bool named; /* workers have names in the group */
    bool admit_by_clock, unassign, reopen;
    bool receipts_by_producer, dead_by_producer; /* their topic has CreateTime: the producer's stamps */
    bool unique_marks;
    bool email_given; /* the accounts' pages give their widget the customer's e-mail */
    bool refuse_ambiguous;
    unsigned customers_page; /* of their list; 0: 50 */
    bool
        breaches_are_counted; /* of "shown once" and "told as it is": for a world in which they cannot be kept */
    const char *mark_secret, *previous_mark_secret; /* as in their files, where a worker has none of its own */
    const char *other_mark_secret; /* under which there may be receipts too; NULL: there is none */
    uint64_t seed;
};

/* What a worker's consumer knows of a partition. */
struct share {
    bool held, reading, started, revoked, lost;
    bool paused;           /* librdkafka keeps it when the partition is given back and comes again */
    bool given_away;       /* the group took it from a worker that was frozen; it does not know yet */
    bool again;            /* it is being assigned while it is held */
    unsigned generation;   /* of the records that it reads: behind the log's where what it has read is gone */
    unsigned reset;        /* the log's generation when it went on at its beginning */
    int64_t position;      /* of the next record to hand in */
    int64_t end;           /* of the log, when it was assigned */
    engine_handle check;   /* of EFFECT_CHECK_LOG, 0: none is under way */
    int64_t check_from;    /* what it asks about */
    bool checked;          /* the log was looked at; what was found: */
    int64_t check_offset, check_begin;
    uint32_t check_stamp;
    int64_t receipts_from; /* what EFFECT_READ_RECEIPTS asked for */
    struct wall since;
    struct mono assigned_at, revoked_at;
};

struct worker {
    struct engine *engine;
    struct world *world; /* whose `number`th worker it is, for its engine's trace */
    int number;
    struct trace trace;
    struct world_keyring keyring; /* as it has read it */
    unsigned accounts;       /* that it knows, a bit each; from its next start on, or from world_give_accounts on */
    const char *widget_host; /* as its accounts are configured, from its next start on */
    const char *mark_secret, *previous_mark_secret; /* from its next start on; NULL: the world's */
    unsigned api_keys[WORLD_ACCOUNTS_MAX]; /* that it has, by account */
    unsigned name;  /* in the group, from its next start on; 0: none. Its own place to remember is its number */
    bool ousted;    /* another has joined the group under its name; it does not know yet */
    bool refused; /* it found a partition under another mark secret, and will end */
    struct share *shares;
    bool stopped;
    int64_t wall_ms; /* how far its clock is ahead of the broker's */
    bool frozen;     /* SIGSTOP, a suspended machine: nothing reaches it, nothing comes from it */
    struct mono frozen_at;
    bool proved; /* a commit was accepted since its last assignment; when the newest of those was sent */
    struct mono proved_at;
    /* By account: it was told 401, 403, 407 or a redirect, and /api/v1/me has not answered since; that one's last answer was
     * such. */
    bool doubts[WORLD_ACCOUNTS_MAX], me_refused[WORLD_ACCOUNTS_MAX];
};

struct world_request {
    int worker;
    int32_t partition; /* -1: an account's own */
    engine_handle handle;
    struct mono asked_at; /* when its worker made it; a frozen one sends it later */
    struct mono sent_at;
    char account[16];
    unsigned api_key; /* that it was made with */
    int event; /* for which it is made; -1: for none whose id is e and a number */
    struct fake_request what;
    bool unwritten;    /* its worker was frozen before it left */
    struct mono until; /* from when on it may not leave */
    bool too_late;     /* and did not */
    int status;        /* 0: Papercups looks when it answers; else it has looked, and this is its answer */
    struct wall date;  /* as that says */
    struct buf body;
    bool swapped; /* the answer is another's */
    bool slow;    /* the test's: time goes on meanwhile */
};

struct world_produce {
    int worker;
    engine_handle handle;
    const char *topic;
    struct record *record;
    int64_t of; /* a receipt: the event's offset, and what is said of it */
    enum outcome outcome;
    bool written; /* while its sender was frozen; it is told later */
    int64_t offset;
    bool slow;
};

struct world_commit {
    int worker;
    engine_handle handle;
    int32_t partition;
    int64_t offset;
    char text[PROGRESS_TEXT_MAX];
    struct mono sent_at;
    unsigned generation; /* of the records that it is about */
    bool fenced;         /* its partition was given to another: it cannot be applied any more */
    bool applied; /* while its sender was frozen; it is told later */
    bool slow;
};

/* A write that is still on its way inside Papercups when its sender has lost sight of it. */
struct world_late {
    struct mono at;
    char account[16];
    struct fake_request what;
};

/* A commit that its sender was told of as failed, and that still arrives. */
struct world_late_commit {
    struct mono at;
    struct world_commit what;
};

struct world_kept;
struct world_answered;

/* What was said to the calls for an event. */
struct world_refusals {
    unsigned errors; /* posts that were answered 500, and calls that were answered 403 */
    struct mono first_error;
    bool error_since; /* the last of them came after its account had taken another message since the first */
    unsigned refusals; /* Papercups' own 4xx that say "never", but for 404 */
    unsigned missing;  /* Papercups' own 404 */
    struct mono first_missing, last_missing;
};

struct world {
    struct world_options options;
    struct moment now;
    struct worker workers[WORLD_WORKERS_MAX];
    struct fake_log log;
    struct fake_papercups papercups;
    struct world_account accounts[WORLD_ACCOUNTS_MAX];
    struct world_request *requests;
    struct world_produce *produces;
    struct world_commit *commits;
    struct world_late *lates;
    size_t request_count, produce_count, commit_count, late_count;
    struct key signing_keys[WORLD_KEYS], mark_secret;
    bool was_revoked[WORLD_KEYS]; /* in any keyring that a worker has had */
    unsigned was_withheld[WORLD_KEYS]; /* accounts that were not granted in one */
    unsigned was_unknown; /* accounts of which there were events while a worker did not know them */
    struct buf trace;
    bool verbose; /* the inputs are in the trace too, with the time */
    bool any_ousted; /* two workers had one name at once */
    bool
        cut_off; /* receipts were read before all of another worker were written: a record may have a second one */
    struct world_late_commit *late_commits;
    size_t late_commit_count;
    struct world_kept *kept; /* answers, by a cache */
    size_t kept_count;       /* ever */
    struct world_answered *answered; /* by address, when a post to it was last answered: world_address.c */
    size_t answered_count;
    struct world_refusals refusals[WORLD_EVENTS_MAX];
    struct mono taken_at[WORLD_ACCOUNTS_MAX]; /* when an account last took a message */
    struct wall finished[WORLD_EVENTS_MAX]; /* events e0, e1, …: as the last of their receipts says */
    unsigned duplicated, misreported;          /* events, where breaches are counted */
    unsigned missed;                        /* messages that no open widget showed when they came */
    char failure[300];
};

/* One partition, one worker, four requests at a time, no spacing. */
struct world_options world_options(void);
struct world *world_new(const struct world_options *options);
void world_free(struct world *world);

/* ---- events ---- */

struct publication {
    const char *account, *customer, *event_id; /* account NULL: acme */
    unsigned customer_id, conversation_id;     /* by its number in Papercups, instead of `customer`; 0: not so */
    const char *host, *email;                  /* NULL: left out */
    int64_t signed_at_s;                       /* 0: now */
    int64_t deliver_within_s;                  /* 0: left out */
    size_t key; /* that signs it */
    uint64_t trace; /* of which number its header traceparent is, see world_trace.c; 0: it has none */
    bool forged;
};

const struct record *world_publish(struct world *world, const struct publication *publication);
/* The same bytes once more. */
const struct record *world_repeat(struct world *world, const struct record *record);
/* Workers of another topic of events, with the same mark secret and topic of receipts, have delivered an event of that id. */
void world_receipt_of_others(struct world *world, const char *account, const char *customer,
                             const char *event_id);
/* The mark of that event under the workers' secret. */
void world_mark(const struct world *world, const char *routing_key, const char *event_id, char out[26]);

/* ---- what happens to a worker ---- */

void world_tick(struct world *world, int worker);
/* Nobody holds it, or that worker does: librdkafka may assign before it has revoked. */
void world_assign(struct world *world, int worker, int32_t partition);
/* Hands in the receipts that were asked for, and their end. */
void world_rebuild(struct world *world, int worker, int32_t partition);
/* The next record, where the partition is started and not paused. False: there is none. */
bool world_feed(struct world *world, int worker, int32_t partition);
/* That one; NULL: there is none. */
const struct record *world_next_record(const struct world *world, int worker, int32_t partition);
/* The check of its log that is under way: the broker looks now, and the answer comes later; it comes (the broker looks now, if
 * it has not); or it never comes. */
void world_look_at_log(struct world *world, int worker, int32_t partition);
void world_log_checked(struct world *world, int worker, int32_t partition);
void world_log_unchecked(struct world *world, int worker, int32_t partition);
void world_revoke(struct world *world, int worker, int32_t partition);
void world_lose(struct world *world, int worker, int32_t partition);
void world_stop(struct world *world, int worker);
/* The engine is thrown away and a new one begins; what it had sent is nobody's now and may still arrive. */
void world_crash(struct world *world, int worker);
/* Time passes and it does not notice. After WORLD_SESSION_MS its partitions may be given to others. What it has sent is
 * with its kernel, but for requests that the test calls unwritten. */
void world_freeze(struct world *world, int worker);
/* That request of a frozen worker had not left yet. */
void world_unwritten(struct world *world, size_t place);
/* It goes on: its clock has jumped, and what has come for it waits. What was unwritten leaves now, or is too late. */
void world_thaw(struct world *world, int worker);
/* That one, which holds nothing, has joined the group under the name of another, from elsewhere: the group gives it at once
 * all that the other has, whose commits it refuses from now on. It goes on until it is told, by world_crash. */
void world_oust(struct world *world, int from, int worker);
/* Whether the group may give that partition to that worker: where it has a member of a name that is taken twice, nobody
 * else gets what that one had before it has given it back, or the session is over. */
bool world_may_have(const struct world *world, int worker, int32_t partition);
/* The topic of events is deleted and made again: that partition is empty, and the group has no offset for it, until a
 * commit comes that was meant for the one before; its receipts stay. */
void world_make_again(struct world *world, int32_t partition);
/* The log loses its tail, from that offset on, and the offsets come again. */
void world_cut(struct world *world, int32_t partition, int64_t end);
/* Retention deletes what lies before that offset; all of it is settled. */
void world_retire(struct world *world, int32_t partition, int64_t begin);
/* Whether what that worker has read of it is not in the log any more. */
bool world_is_behind(const struct world *world, int worker, int32_t partition);
/* What a frozen worker has sent arrives, or does not; its answer waits. */
void world_arrive(struct world *world, size_t place, bool arrives);
/* WORLD_NOBODY, or who holds the partition. */
int world_owner(const struct world *world, int32_t partition);

/* An agent closes that conversation (counted from 1). */
void world_close(struct world *world, unsigned conversation);

/* ---- what becomes of what was sent; by its place in the list ---- */

enum fate {
    FATE_DONE,              /* done and answered */
    FATE_LOST,              /* not done, no answer */
    FATE_LOST_STORED,       /* done, no answer */
    FATE_LOST_STORED_LATE,  /* no answer, and done within the settle time */
    FATE_ERROR,             /* 500, not done */
    FATE_ERROR_STORED,      /* 500, done */
    FATE_ERROR_STORED_LATE, /* 504, and done within the settle time */
    FATE_GARBAGE,           /* done; the answer is not what it should be */
    FATE_NOT_SENT,
    FATE_BUSY,    /* 429, two seconds */
    FATE_REFUSED, /* 422 */
    FATE_UNAUTHORIZED,
    FATE_UNAVAILABLE_STORED, /* 503, two seconds, done: a proxy says so of a request that it has passed on */
    FATE_TOO_LARGE,          /* done; the answer is longer than is read */
    FATE_MISSING,            /* 404 in Papercups' own words, for what is there; not done */
    FATE_STRAY,              /* 404 of something in between: a page, not done */
    FATE_STRAY_STORED,       /* 409 likewise, but done */
    FATE_FORBIDDEN,          /* 403 likewise, not done */
    FATE_FORBIDDEN_STORED,
    FATE_LOGIN,              /* 302 likewise, not done */
    FATE_LOGIN_STORED,
    FATE_COUNT,
};

void world_answer(struct world *world, size_t place, enum fate fate);

enum world_other {
    OTHER_DONE,     /* the answer to another question; a write is done */
    OTHER_NOT_DONE, /* likewise; Papercups never hears of it */
    OTHER_STALE,    /* a read: what Papercups said to the same question up to stale_ms before */
};

/* It is answered by what a cache has kept: world_swap.c. False: there is nothing that fits. `pick` chooses. */
bool world_answer_other(struct world *world, size_t place, enum world_other other, uint64_t pick);
/* Papercups looks now; the answer comes with world_answer(FATE_DONE). For reads. */
void world_look(struct world *world, size_t place);
/* A write that its sender has lost sight of is done `ms` from now. */
void world_late(struct world *world, const struct world_request *request, int64_t ms);
void world_acknowledge(struct world *world, size_t place, enum produced produced);
/* It is written now, and its sender, who is frozen, is told later. */
void world_write(struct world *world, size_t place);
/* `applied`: it is what the next owner will find (never of a fenced one); `ok`: what the worker is told. */
void world_committed(struct world *world, size_t place, bool applied, bool ok);
/* It is applied now, and its sender, who is frozen, is told later. */
void world_apply(struct world *world, size_t place);
/* The worker is told that it failed, and `ms` from now it is applied all the same, unless it is fenced by then. */
void world_commit_late(struct world *world, size_t place, int64_t ms);
/* All that nobody waits for is gone for good. */
void world_forget(struct world *world);

/* ---- time ---- */

/* The earliest of the engines' deadlines and the late writes; MONO_NEVER. */
struct mono world_next(const struct world *world);
/* To that moment at once: late writes are done, every engine gets a tick. */
void world_advance(struct world *world, struct mono to);
/* `ms` pass, from deadline to deadline; nothing is answered. */
void world_pass(struct world *world, int64_t ms);
/* All goes well, in no time, until nobody has anything to do: receipts and records are read, all is answered. Who is
 * frozen stays so. */
void world_go(struct world *world);
/* The same, and `ms` pass meanwhile. */
void world_go_for(struct world *world, int64_t ms);

/* ---- promises ---- */

struct key world_key(const char *text);
/* The first breach of a promise is kept. */
void world_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The row that the widget of that event's page asks for, where a worker is configured so. */
void world_question(const struct world *world, int worker, const struct record *record,
                    struct fake_request *out);
void world_check_request(struct world *world, const struct world_request *request, int32_t partition);
void world_check_produce(struct world *world, const struct world_produce *produce);
/* world_refusal.c: for what an event may be refused, and an account held. A receipt: */
void world_check_refused(struct world *world, const struct receipt *receipt, unsigned event);
void world_check_doubts(struct world *world, const struct world_request *request);
void world_check_held(struct world *world, int worker, const struct account *account);
/* A request is about to be told its answer. */
void world_note_answer(struct world *world, const struct world_request *request, enum fate fate,
                       const struct reply *reply);
void world_check_commit(struct world *world, const struct world_commit *commit);
/* world_widget.c: what the customer's widget shows. A message was stored. */
void world_check_stored(struct world *world, const struct fake_message *message);
/* A worker tells an event of that record as delivered. */
void world_told(struct world *world, int worker, const struct record *receipt, struct span event_id);
/* Nobody can look any more at the conversations of what that worker has told of a partition (-1: of all). */
void world_excuse(struct world *world, int worker, int32_t partition);
/* A look at a conversation, or its reopening, went wrong. */
void world_excuse_conversation(struct world *world, const struct world_request *request);
/* A customer's new conversation is begun. */
void world_check_begun(struct world *world, const struct world_request *request);
void world_check_shown(struct world *world);
void world_check_deadline(struct world *world, int worker);
void world_check_memory(struct world *world, int worker);

/* A line of the trace, "A " and the like before it where there are several workers. */
void world_note(struct world *world, int worker, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same of what happens to a worker, or to the world (WORLD_NOBODY), where the trace is verbose. */
void world_tell(struct world *world, int worker, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
