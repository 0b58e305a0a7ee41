/* One record on its way through: from the moment it is read until its receipt is acknowledged. */
#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include "delivery/account.h"
#include "delivery/delivery.h"
#include "engine/engine.h"
#include "engine/partition.h"
#include "papercups/message.h"

enum job_state {
    JOB_QUEUED,      /* behind another of its customer, or before the pause between two is over */
    JOB_READY,       /* has a call to make and waits for a place among the account's requests */
    JOB_CALLING,     /* its request is under way */
    JOB_WAITING,     /* for its timer */
    JOB_ASKING,      /* the dead letter that asks for the broker's time is not acknowledged yet: see deadline.c */
    JOB_DEAD_LETTER, /* its dead letter is not acknowledged yet */
    JOB_RECEIPT,     /* its receipt is not acknowledged yet */
};

struct job {
    struct queue_item in_queue; /* its customer's */
    struct queue_item in_ready; /* its account's */
    struct timer timer;
    TAILQ_ENTRY(job) in_list; /* the partition's, or of those that are gone */
    engine_handle handle;
    struct partition *partition;
    size_t size; /* bytes it counts for */

    struct record *record; /* owned; the spans below point into it */
    char *value;           /* the record's; NULL: it has none, or nothing will be done with it any more */
    int64_t admitted_at_ms;
    struct wall until;      /* when its time is over, by the clock that admitted it */
    struct mono over_from;  /* and is so then at the latest: it was admitted before it was read */
    struct mono open_until; /* and is not before: it was admitted after its partition was assigned */
    struct span event_id;
    struct span key_id; /* none where the keyring has none of that id */
    bool authentic;
    char *sender; /* a copy, because the keyring may change; NULL until authentic */
    int64_t signed_at_s, ttl_s;
    struct account *account; /* NULL: was rejected before one was known, or its account is none of this worker's */
    struct queue *queue;     /* NULL: is in none (any more) */
    struct message message;
    struct identity marks[2]; /* under the mark secret, and under the one before it */
    size_t mark_count;

    enum job_state state;
    bool looked_up; /* the cache was asked */
    bool judged;    /* its time was looked at: see judge_time */
    bool no_room;   /* its account had no room for it, and its outcome is not decided yet */
    bool goes_on;   /* its next call is made before those of others: see delivery_goes_on */
    bool refused_since; /* refused again after another message of its account had been taken */
    struct delivery delivery;
    struct call call;      /* JOB_CALLING, JOB_READY */
    engine_handle request; /* JOB_CALLING */
    enum outcome told; /* what a receipt says that may have been late (see admit); OUTCOME_NONE: there is none */
    enum outcome outcome;
    struct detail detail;
    int64_t finished_at_ms;
    bool without_value; /* the dead letter would not fit with it */
    bool bare;          /* nor with the record's own key and headers */
    bool producing;     /* its dead letter or receipt is under way */
    struct mono produced_at; /* since then */
    bool lettered;           /* the dead letter that says gave_up is written already */
    unsigned produce_tries;
};

#define JOB_OF(pointer, member) ((struct job *)(void *)((char *)(pointer)-offsetof(struct job, member)))

struct job *job_new(struct engine *engine, struct partition *partition, const struct record *record);
/* The one place where its state is set. `why`: for the trace. */
void job_enter(const struct engine *engine, struct job *job, enum job_state state, const char *why);
/* It holds `size` bytes more, for an account. */
void job_grow(struct engine *engine, struct job *job, size_t size);
/* Whether the keyring as it is now grants the job its account; OUTCOME_NONE too where its key was taken out. */
enum outcome job_grant(const struct engine *engine, struct job *job);
/* Whether its account had no room for it, and this worker has the partition for certain, and so is the one to refuse it. */
bool job_may_be_refused(const struct engine *engine, const struct job *job);
/* The outcome of that. */
enum outcome job_refuse(const struct engine *engine, struct job *job);
/* Its timer asks again a little later: see lease_is_held, deadline_is_doubtful. */
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

#endif
