/* What the engine's own files share. Nothing outside engine/ includes this. */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "base/remote_clock.h"
#include "base/rng.h"
#include "delivery/cache.h"
#include "engine/engine.h"
#include "engine/glance.h"
#include "engine/job.h"
#include "engine/slots.h"
#include "papercups/request.h"
#include "receipt/dead_letter.h"
#include "receipt/receipt.h"

/* A request under way: it outlives its job where that is dropped, because the account's place is taken until then. */
struct pending {
    engine_handle job, glance; /* whose it is; both 0: a probe of the account's own */
    struct account *account;   /* NULL: there is no such request */
    struct call call;
    struct mono started;
    bool aside; /* takes no place */
};

/* A dead letter or a receipt under way for a partition that was lost meanwhile: it may be written still. */
struct orphan {
    engine_handle handle;
    int32_t partition;
};

struct engine {
    struct engine_options options;
    struct keyring *keyring;
    struct identity_key identity_key, previous_identity_key;
    bool has_previous;
    unsigned char mac_key[32], previous_mac_key[32];
    uint64_t secret, previous_secret; /* fingerprints of the mark secrets */
    struct rng rng;

    struct map accounts;
    struct queues queues;
    struct cache cache;
    struct timers timers;
    struct slots jobs, requests, glances;
    struct partition **partitions; /* by id; NULL: not ours */
    size_t memory_used;
    engine_handle last_commit, last_check;
    bool leased;                      /* a commit was accepted since the last assignment */
    struct mono lease_from;           /* when the newest of them was sent */
    struct remote_clock broker_clock; /* as what was written says */
    int64_t deadlines_by_ms; /* the most that its least_ms was when those were woken who wait for their deadline */
    bool broker_is_mute;  /* it was asked and cannot say: the dead letters' topic has its producers' stamps */
    engine_handle asking; /* the job whose dead letter asks, if it is still there; see deadline.c */
    struct call_times call_times;
    uint64_t outcomes[OUTCOME_COUNT]; /* of records without a known account */
    bool full;                        /* its memory: no record is to be handed in */
    bool stopping, stopped;
    struct mono sweep_at;

    struct moment now; /* of the input being taken */
    struct effect *effects;
    size_t effect_count, effect_capacity;
    struct orphan *orphans;
    size_t orphan_count;
    struct job_list gone; /* jobs that were dropped; effects may point into them until the next input */
};

/* Whether this worker may still act for its partitions: a commit that was accepted proves that they were its own when it
 * was sent, and nobody else gets them before the session timeout. */
bool engine_has_lease(const struct engine *engine);
/* When it may not any more: what was decided before, and not done yet, must not be done then. MONO_NEVER: no lease is
 * asked for. */
struct mono engine_lease_end(const struct engine *engine);

/* effects.c */
struct effect *effect_add(struct engine *engine, enum effect_type type, int32_t partition);
void effects_reset(struct engine *engine);

/* admit.c: a record becomes a job. */
void admit(struct engine *engine, struct partition *partition, const struct record *record);
/* Whether the keyring as it is now grants the job its account; OUTCOME_NONE too where its key was taken out. */
enum outcome admit_grant(const struct engine *engine, struct job *job);
/* Whether this worker is the one to refuse an event for which its account had no room. */
bool admit_may_refuse(const struct engine *engine, const struct job *job);
/* The outcome of that. */
enum outcome admit_refuse(const struct engine *engine, struct job *job);

/* run.c: the jobs of a customer's queue, one after the other. */
void run_head(struct engine *engine, struct queue *queue);
void run_timer(struct engine *engine, struct job *job);
/* The broker's time is known, or cannot be: see settle_ask. */
void run_asked(struct engine *engine, struct job *job);
void run_answer(struct engine *engine, engine_handle handle, const struct reply *reply);
/* The job has a place: makes its call, or whatever it needs by now. */
void run_place(struct engine *engine, struct job *job);

/* accounts.c: what accounts share among their jobs: places, pauses, being held. */
engine_handle accounts_request(struct engine *engine, struct account *account, const struct call *call,
                               const struct job *job);
engine_handle accounts_glance(struct engine *engine, const struct glance *glance);
/* Takes note of an answer and reads it (answer_done it); .account is NULL where nobody asked. */
struct pending accounts_answered(struct engine *engine, engine_handle handle, const struct reply *reply,
                                 struct answer *answer);
/* Makes the call that the job wants. */
void accounts_call(struct engine *engine, struct job *job);
/* The job's list is long under way: others may have its place. */
void accounts_set_aside(struct engine *engine, struct job *job);
void accounts_hold(struct engine *engine, struct account *account, enum account_hold hold);
void accounts_timer(struct engine *engine, struct account *account);
/* Gives the account's free places to those who wait for one. NULL, behind a job whose account was none of ours: those of all,
 * for who is behind it in its queue may have come when it was one. */
void run_ready(struct engine *engine, struct account *account);

/* glance.c: glances at conversations after posts. */
/* The job is delivered, and has left its queue if it may: a glance at its conversation is due. */
void glance_want(struct engine *engine, const struct job *job, struct queue *queue);
void glance_timer(struct engine *engine, struct glance *glance);
/* It has a place: makes its call. */
void glance_place(struct engine *engine, struct glance *glance);
void glance_answered(struct engine *engine, struct glance *glance, const struct answer *answer);
/* Until when the head of a queue must not begin while a glance is under way: if it has to be resolved again where to
 * post, the conversation may be about to be opened again, and a new one would hide it. MONO_NEVER: until the glance has a
 * place. Makes it ready where it waited. */
struct mono glance_hold(struct engine *engine, const struct job *job);
/* Those of a partition that is given up are made at once; or not at all. */
void glances_hurry(struct engine *engine, const struct partition *partition);
void glances_drop(struct engine *engine, const struct partition *partition);

/* deadline.c: until when an event may be tried. */
#define DEADLINE_GRAIN_MS 1000 /* a smaller improvement of what is known of a clock wakes nobody */
/* The job is read now, and may be tried for so long from when it was admitted. */
void deadline_begin(const struct engine *engine, struct job *job, int64_t within_ms);
/* From when on its time is certainly over, as far as is known by now. */
struct mono deadline_of(const struct engine *engine, const struct job *job);
/* It is over by this worker's clock alone: it is neither given up for that, nor posted before the broker was asked. */
bool deadline_is_doubtful(const struct engine *engine, const struct job *job);
/* The broker has put this stamp on something that was handed over at `asked` and is acknowledged now. */
void deadline_hear(struct engine *engine, struct wall stamp, struct mono asked);

/* settle.c: from the outcome to the settled offset. */
void settle(struct engine *engine, struct job *job, enum outcome outcome);
/* Writes the dead letter that the job needs if it is given up, whose acknowledgement has the broker's time; then run_asked. */
void settle_ask(struct engine *engine, struct job *job);
/* The receipt that it has is right, and no second one is written; frees the job. */
void settle_as_told(struct engine *engine, struct job *job);
void settle_produced(struct engine *engine, struct job *job, const struct input *input);
void settle_again(struct engine *engine, struct job *job);

/* job.c */
struct job *job_new(struct engine *engine, struct partition *partition, const struct record *record);
/* It holds `size` bytes more, for an account. */
void job_grow(struct engine *engine, struct job *job, size_t size);
/* Its timer asks again a little later: see engine_has_lease, deadline_is_doubtful. */
void job_ask_again_later(struct engine *engine, struct job *job);
/* It has its outcome: nothing will be posted any more. */
void job_forget_message(struct engine *engine, struct job *job);
/* The same for one that has no dead letter. */
void job_forget_value(struct engine *engine, struct job *job);
/* Lets its customer's next event come to the head; does nothing where it is in no queue. */
void job_leave_queue(struct job *job);
/* Takes a job out of everything and frees it at the next input, because effects may point into it. */
void job_drop(struct engine *engine, struct job *job);
void job_free(struct job *job);

/* known.c: what was found out about the customer of a job: its row is that of the page's host and e-mail. */
bool known_find(struct engine *engine, const struct job *job, struct cached *out);
void known_put(struct engine *engine, const struct job *job);
void known_forget(struct engine *engine, const struct job *job);

/* rebuild.c: what an assigned partition's receipts say. */
void rebuild_receipt(struct engine *engine, struct partition *partition, const struct record *record);
void rebuild_finish(struct engine *engine, struct partition *partition, int64_t receipts_end);

/* log_check.c: whether a partition's log is still the one that was read. */
void log_check_begin(const struct engine *engine, struct partition *partition);
void log_check_read(const struct engine *engine, struct partition *partition, int64_t offset, uint32_t stamp);
/* Sends the check that is due. */
void log_check_turn(struct engine *engine, struct partition *partition);
void log_checked(struct engine *engine, struct partition *partition, const struct input *input);

/* assign.c: partitions come and go. */
void assign(struct engine *engine, const struct input *input);
void revoke(struct engine *engine, struct partition *partition);
void lose(struct engine *engine, struct partition *partition);
/* The job goes to the partition's next owner, for whom it is in doubt where it may be shown. */
void leave(struct engine *engine, struct job *job);
/* Another record stands at an offset that was read: the log is not the one that it was. */
void lose_changed(struct engine *engine, struct partition *partition, int64_t offset);
void orphans_add(struct engine *engine, engine_handle handle, int32_t partition);
void orphans_done(struct engine *engine, engine_handle handle);
void committed(struct engine *engine, struct partition *partition, engine_handle handle, bool ok);
/* What is due for a partition: its commit, the end of its draining, a pause. */
void partition_turn(struct engine *engine, struct partition *partition);
struct mono partition_deadline(const struct engine *engine, const struct partition *partition);

#endif
