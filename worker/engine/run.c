#include "engine/run.h"

#include <assert.h>

#include "engine/accounts.h"
#include "engine/deadline.h"
#include "engine/effects.h"
#include "engine/glance.h"
#include "engine/internal.h"
#include "engine/judge.h"
#include "engine/known.h"
#include "engine/lease.h"
#include "engine/release.h"
#include "engine/settle.h"
#include "engine/wake.h"
#include "event/traceparent.h"

#define REFUSALS_MAX 5

/* A partition that is being given up starts nothing: what has not been posted is left to the next owner. Only what may
 * be posted already is followed to its end, which is by reading: an unknown delivery asks for nothing else. */
static bool run_is_left(const struct job *job)
{
    return job->partition->state != PARTITION_RUNNING && !job->delivery.unknown;
}

/* Once, before it has begun. */
static void run_look_up(struct engine *engine, struct job *job)
{
    struct cached where;
    if (job->looked_up || job->delivery.step != STEP_RESOLVE)
        return;
    job->looked_up = true;
    if (known_find(engine, job, &where))
        delivery_resolved(&job->delivery, &where);
}

static void run_leave(struct engine *engine, struct job *job)
{
    if (delivery_cut_short(&job->delivery))
        settle(engine, job, OUTCOME_DELIVERED);
    else
        release_job(engine, job);
}

/* False: the partition may be another worker's by now. The job asks again a little later. */
static bool run_has_lease(struct engine *engine, struct job *job)
{
    if (lease_is_held(engine))
        return true;
    job_enter(engine, job, JOB_WAITING, "no lease");
    job_ask_again_later(engine, job);
    return false;
}

/* If it has to be found out again where to post, though that was known when the job began, the job is like a new head of its
 * queue: a glance at its customer's conversations may be under way. */
static bool run_is_held(struct engine *engine, const struct job *job)
{
    return job->delivery.step == STEP_RESOLVE && !mono_reached(glance_hold(engine, job), engine->now.mono);
}

static void run_ready_job(struct engine *engine, struct job *job)
{
    job_enter(engine, job, JOB_READY, "it has a call to make");
    if (job->goes_on)
        queue_push_first(&job->account->ready, &job->in_ready);
    else
        queue_push(&job->account->ready, &job->in_ready);
    timer_set(&engine->timers, &job->timer, delivery_ends(&job->delivery));
    wake_account(engine, job->account);
}

/* Whether its time is over depends on whose clock is right: the broker is asked, once for all jobs that need to know. True: the
 * job waits for that. */
static bool run_asks(struct engine *engine, struct job *job)
{
    job->delivery.deadline = deadline_of(engine, job);
    if (!deadline_is_doubtful(engine, job))
        return false;
    job_enter(engine, job, JOB_WAITING, "its time is over by this worker's clock alone");
    if (run_is_left(job))
        run_leave(engine, job);
    else if (slots_find(&engine->jobs, engine->asking) != NULL)
        job_ask_again_later(engine, job);
    else
        settle_ask(engine, job);
    return true;
}

/* Asks the delivery what it wants, and does it; a finished one is settled. run_head() is to follow. */
static void run_job(struct engine *engine, struct job *job)
{
    if (!run_has_lease(engine, job))
        return;
    if (job->told != OUTCOME_NONE && !job->delivery.unknown &&
        (job->delivery.step != STEP_DONE || job->delivery.outcome == job->told)) {
        settle_as_told(engine, job); /* proven absent; or what it is stays unknown */
        return;
    }
    if (!judge_time(engine, job) || run_asks(engine, job))
        return;
    run_look_up(engine, job);
    switch (delivery_want(&job->delivery, engine->now.mono, &job->call)) {
    case DELIVERY_CALLS:
        if (run_is_left(job)) {
            run_leave(engine, job);
            return;
        }
        if (run_is_held(engine, job))
            job_enter(engine, job, JOB_QUEUED, "a glance at its customer's conversation goes first");
        else
            run_ready_job(engine, job);
        return;
    case DELIVERY_WAITS:
        if (run_is_left(job)) {
            run_leave(engine, job); /* what it waits for would be left to the next owner in any case */
            return;
        }
        job_enter(engine, job, JOB_WAITING, "its delivery waits");
        timer_set(&engine->timers, &job->timer, job->delivery.wake);
        return;
    case DELIVERY_FINISHED:
        job->detail = job->delivery.detail;
        settle(engine, job, job->delivery.outcome);
        return;
    }
}

void run_head(struct engine *engine, struct queue *queue)
{
    while (queue->head != NULL) {
        struct job *job = JOB_OF(queue->head, in_queue);
        if (job->state != JOB_QUEUED || job->partition->state != PARTITION_RUNNING)
            return;
        struct mono not_before = mono_later(queue->not_before, job->partition->first_from);
        job->delivery.deadline = deadline_of(engine, job);
        /* A glance that finds no place, its account being held, must not keep it beyond its time. */
        struct mono hold = mono_earlier(glance_hold(engine, job), job->delivery.deadline);
        not_before = mono_later(not_before, hold);
        if (!mono_reached(not_before, engine->now.mono)) {
            timer_set(&engine->timers, &job->timer, not_before);
            return;
        }
        if (!partition_may_start(job->partition, job->record->offset) || !lease_is_held(engine))
            return; /* until a commit has said that deliveries may have started there, and by whom */
        timer_clear(&engine->timers, &job->timer); /* it may be due in this very turn, and has no meaning any more */
        job->no_room = false;
        if (judge_head(engine, job))
            run_job(engine, job);
    }
    queues_tidy(&engine->queues, queue, engine->now.mono);
}

/* What forbids a call that is about to be made: OUTCOME_NONE for nothing. Papercups answers 500 to some permanent mistakes
 * too, and a firewall 403 to what it takes for an attack, so five of those that stored nothing count as a refusal while other
 * messages are taken: the last of them came after one was. Those of an outage that is over say nothing. */
static enum outcome run_forbidden(const struct engine *engine, struct job *job)
{
    const struct delivery *delivery = &job->delivery;
    const struct keyring_entry *entry = keyring_find(engine->keyring, job->key_id);
    if (call_posts(&job->call) && (entry == NULL || entry->revoked))
        return detail_set(&job->detail, OUTCOME_KEY_REVOKED, "key %.*s", SPAN_ARGS(job->key_id));
    if (call_posts(&job->call) && !keyring_entry_grants(entry, span_of(job->account->options.name)))
        return detail_set(&job->detail, OUTCOME_KEY_REVOKED, "key %.*s is not granted this account any more",
                          SPAN_ARGS(job->key_id));
    if (delivery->step <= STEP_POST && delivery->refusals >= REFUSALS_MAX && job->refused_since)
        return detail_set(
            &job->detail, OUTCOME_REFUSED_BY_PAPERCUPS,
            "answered 5xx or 403 %u times, the last time %d, and stored nothing, while other messages are taken",
            delivery->refusals, delivery->refused_last);
    return OUTCOME_NONE;
}

static void run_call(struct engine *engine, struct job *job)
{
    enum outcome forbidden = run_forbidden(engine, job);
    if (forbidden != OUTCOME_NONE) {
        settle(engine, job, forbidden);
        return;
    }
    /* Only what is posted counts beyond its own time: queues of customers to whom nothing is sent are not kept. */
    if (call_posts(&job->call) && engine->options.flood_limit > 0)
        job->queue->flood_until = mono_after(engine->now.mono, FLOOD_MS);
    delivery_calling(&job->delivery, &job->call, engine->now.mono);
    job_enter(engine, job, JOB_CALLING, "it has a place");
    accounts_call(engine, job);
}

void run_place(struct engine *engine, struct job *job)
{
    struct queue *queue = job->queue;
    timer_clear(&engine->timers, &job->timer);
    job_enter(engine, job, JOB_WAITING, "it has a place");
    if (!run_has_lease(engine, job))
        return;
    if (run_asks(engine, job)) {
        run_head(engine, queue);
        return;
    }
    /* It may have waited long: its deadline is looked at again, and whether what it knows is too old. Then it has this place
     * to find it out anew. */
    bool was_known = job->delivery.step == STEP_POST;
    enum delivery_want want = delivery_want(&job->delivery, engine->now.mono, &job->call);
    bool begins_anew = was_known && job->delivery.step == STEP_RESOLVE;
    job->goes_on = job->goes_on || begins_anew;
    if (want == DELIVERY_CALLS && !run_is_left(job) && !begins_anew)
        run_call(engine, job);
    else
        run_job(engine, job);
    run_head(engine, queue);
}

void run_asked(struct engine *engine, struct job *job, const char *why)
{
    struct queue *queue = job->queue;
    engine->asking = 0;
    job_enter(engine, job, JOB_WAITING, why);
    run_job(engine, job);
    run_head(engine, queue);
}

void run_timer(struct engine *engine, struct job *job)
{
    struct queue *queue = job->queue;
    switch (job->state) {
    case JOB_QUEUED:
        run_head(engine, queue);
        break;
    case JOB_WAITING:
        run_job(engine, job);
        run_head(engine, queue);
        break;
    case JOB_ASKING: /* it could not be written; the time may be known otherwise by now */
        run_asked(engine, job, "the broker could not be asked for its time");
        break;
    case JOB_DEAD_LETTER:
    case JOB_RECEIPT:
        if (lease_is_held(engine))
            settle_again(engine, job);
        else
            job_ask_again_later(engine, job);
        break;
    case JOB_READY: /* a held account must not keep it beyond its time */
        queue_remove(&job->account->ready, &job->in_ready);
        job_enter(engine, job, JOB_WAITING, "it has found no place, and its time may be over");
        run_job(engine, job);
        run_head(engine, queue);
        break;
    case JOB_CALLING:
        accounts_set_aside(engine, job);
        break;
    }
}

static void run_note_refusal(struct job *job, const struct answer *answer)
{
    if (answer->kind == ANSWER_FORBIDDEN || (answer->kind == ANSWER_SERVER_ERROR && call_posts(&job->call)))
        job->refused_since =
            job->delivery.refusals > 0 && job->account->posted_at.ms > job->delivery.refused_since.ms;
}

/* `job` is NULL where it was a glance. */
static void run_trouble(struct engine *engine, const struct pending *pending, const struct job *job,
                             const struct glance *glance, const struct answer *answer)
{
    if (answer->kind == ANSWER_OK)
        return;
    struct effect *effect =
        effect_add(engine, EFFECT_TROUBLE, job == NULL ? glance->partition->id : job->partition->id);
    buf_init(&effect->text, sizeof(answer->detail.text));
    buf_add_text(&effect->text, answer->detail.text);
    effect->traceparent = job == NULL ? SPAN_NONE : traceparent_of(job->record);
    effect->trouble = (struct trouble){.account = span_of(pending->account->options.name),
                                       .event_id = job == NULL ? SPAN_NONE : job->event_id,
                                       .call = call_word(pending->call.kind),
                                       .answer = answer_word(answer->kind),
                                       .detail = effect->text.data,
                                       .offset = job == NULL ? glance->offset : job->record->offset};
}

void run_answer(struct engine *engine, engine_handle handle, const struct reply *reply)
{
    struct answer answer;
    struct pending pending = accounts_answered(engine, handle, reply, &answer);
    if (pending.account == NULL)
        return;
    struct job *job = slots_find(&engine->jobs, pending.job);
    struct glance *glance = slots_find(&engine->glances, pending.glance);
    if (job != NULL || glance != NULL)
        run_trouble(engine, &pending, job, glance, &answer);
    if (glance != NULL)
        glance_answered(engine, glance, &answer);
    if (job != NULL) {
        struct queue *queue = job->queue;
        assert(job->state == JOB_CALLING);
        timer_clear(&engine->timers, &job->timer);
        if (answer.kind != ANSWER_OK) /* what was known of the customer may be the reason */
            known_forget(engine, job);
        if (!lease_is_held(engine)) /* it says what was true before others may have done more */
            answer.kind = ANSWER_LOST;
        run_note_refusal(job, &answer);
        delivery_take(&job->delivery, &job->call, &answer, engine->now.mono, &engine->rng);
        job->goes_on = delivery_goes_on(&job->delivery);
        run_job(engine, job);
        run_head(engine, queue);
    }
    answer_done(&answer);
}
