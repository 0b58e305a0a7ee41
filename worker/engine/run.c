#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/internal.h"

static bool call_writes(const struct call *call)
{
    return call->kind == CALL_POST_MESSAGE || call->kind == CALL_POST_CONVERSATION ||
           call->kind == CALL_CREATE_CUSTOMER;
}

/* A partition that is being given up starts nothing: what has not been posted is left to the next owner. Only what may
 * be posted already is followed to its end, by reading. */
static bool run_is_left(const struct job *job, const struct call *call)
{
    return job->partition->state != PARTITION_RUNNING && (!job->delivery.unknown || call_writes(call));
}

/* The checks of time. One that may have been shown already is read back before they are made: it must not be called
 * expired, or refused for its key, when it was delivered. */
static bool run_judge_time(struct engine *engine, struct job *job)
{
    if (job->judged || job->delivery.unknown)
        return true;
    job->judged = true;
    enum outcome outcome = event_judge(keyring_find(engine->keyring, job->key_id), job->signed_at_s,
                                       job->ttl_s, job->admitted_at_ms, &job->detail);
    if (outcome != OUTCOME_NONE)
        settle(engine, job, outcome);
    return outcome == OUTCOME_NONE;
}

/* Once, before it has begun. */
static void run_look_up(struct engine *engine, struct job *job)
{
    struct cached where;
    if (job->looked_up || job->delivery.unknown)
        return;
    job->looked_up = true;
    if (cache_find(&engine->cache, job->record->key, engine->now.mono, &where))
        delivery_resolved(&job->delivery, &where);
}

/* Asks the delivery what it wants, and does it; a finished one is settled. */
static void run_job(struct engine *engine, struct job *job)
{
    if (!run_judge_time(engine, job))
        return;
    run_look_up(engine, job);
    switch (delivery_want(&job->delivery, engine->now.mono, &job->call)) {
    case DELIVERY_CALLS:
        if (run_is_left(job, &job->call)) {
            job_drop(engine, job);
            return;
        }
        job->state = JOB_READY;
        queue_push(&job->account->ready, &job->in_ready);
        return;
    case DELIVERY_WAITS:
        job->state = JOB_WAITING;
        timer_set(&engine->timers, &job->timer, job->delivery.wake);
        return;
    case DELIVERY_FINISHED:
        job->detail = job->delivery.detail;
        settle(engine, job, job->delivery.outcome);
        return;
    }
}

/* Whether it repeats an event before it, now that it is at the head. One that failed before may come again when it was
 * signed anew; it may have been shown all the same, so it is read back first. False: it is settled. */
static bool run_judge(struct engine *engine, struct job *job)
{
    int64_t failed_signed_at_s = 0;
    struct wall admitted_at = {job->admitted_at_ms};
    enum window_state state =
        window_find(&job->partition->window, &job->marks[0], admitted_at, &failed_signed_at_s);
    if (state == WINDOW_DELIVERED || (state == WINDOW_FAILED && job->signed_at_s <= failed_signed_at_s)) {
        settle(engine, job, OUTCOME_DUPLICATE);
        return false;
    }
    if (state == WINDOW_FAILED && !job->delivery.unknown) {
        if (!run_judge_time(engine, job))
            return false;
        delivery_suspect(&job->delivery, engine->now.mono, 1);
    }
    return true;
}

void run_head(struct engine *engine, struct queue *queue)
{
    while (queue->head != NULL) {
        struct job *job = JOB_OF(queue->head, in_queue);
        if (job->state != JOB_QUEUED || job->partition->state != PARTITION_RUNNING)
            return;
        if (!mono_reached(queue->not_before, engine->now.mono)) {
            timer_set(&engine->timers, &job->timer, queue->not_before);
            return;
        }
        if (job->record->offset >= job->partition->reach)
            return; /* until a commit has said that deliveries may have started there */
        if (run_judge(engine, job))
            run_job(engine, job);
    }
    queues_tidy(&engine->queues, queue, engine->now.mono);
}

static void run_call(struct engine *engine, struct job *job)
{
    struct account *account = job->account;
    struct pending *pending = mem_new(1, sizeof(*pending));
    *pending = (struct pending){job->handle, account};
    delivery_calling(&job->delivery, &job->call, engine->now.mono);
    job->state = JOB_CALLING;
    account->in_flight++;
    struct request request;
    request_init(&request, &job->call, &job->message, account->options.inbox);
    struct effect *effect = effect_add(engine, EFFECT_REQUEST, job->partition->id);
    effect->handle = slots_add(&engine->requests, pending);
    effect->account = account;
    effect->method = request.method;
    effect->path = request.path;
    effect->body = request.body;
}

void run_ready(struct engine *engine, struct account *account)
{
    while (account->in_flight < account->options.max_in_flight && account->ready.head != NULL) {
        struct job *job = JOB_OF(account->ready.head, in_ready);
        struct queue *queue = job->queue;
        queue_remove(&account->ready, &job->in_ready);
        job->state = JOB_WAITING;
        /* It may have waited long: its deadline is looked at again. */
        if (delivery_want(&job->delivery, engine->now.mono, &job->call) == DELIVERY_CALLS &&
            !run_is_left(job, &job->call)) {
            run_call(engine, job);
        } else {
            run_job(engine, job);
            run_head(engine, queue);
        }
    }
}

void run_timer(struct engine *engine, struct job *job)
{
    struct account *account = job->account;
    struct queue *queue = job->queue;
    switch (job->state) {
    case JOB_QUEUED:
        run_head(engine, queue);
        break;
    case JOB_WAITING:
        run_job(engine, job);
        run_head(engine, queue);
        break;
    case JOB_DEAD_LETTER:
    case JOB_RECEIPT:
        settle_again(engine, job);
        break;
    case JOB_READY:
    case JOB_CALLING:
        assert(!"a job with a call to make has no timer");
    }
    if (account != NULL)
        run_ready(engine, account);
}

static void run_tell_trouble(struct engine *engine, const struct job *job, const struct answer *answer)
{
    if (answer->kind == ANSWER_OK)
        return;
    struct effect *effect = effect_add(engine, EFFECT_TROUBLE, job->partition->id);
    buf_init(&effect->text, sizeof(answer->detail.text));
    buf_add_text(&effect->text, answer->detail.text);
    effect->trouble = (struct trouble){.account = span_of(job->account->options.name),
                                       .event_id = job->event_id,
                                       .call = call_word(job->call.kind),
                                       .answer = answer_word(answer->kind),
                                       .detail = effect->text.data,
                                       .offset = job->record->offset};
}

void run_answer(struct engine *engine, engine_handle handle, const struct reply *reply)
{
    struct pending *pending = slots_find(&engine->requests, handle);
    if (pending == NULL)
        return;
    struct account *account = pending->account;
    struct job *job = slots_find(&engine->jobs, pending->job);
    slots_remove(&engine->requests, handle);
    free(pending);
    account->in_flight--;
    if (job != NULL) {
        struct queue *queue = job->queue;
        struct answer answer;
        assert(job->state == JOB_CALLING);
        reply_read(reply, &job->call, job->marks, job->mark_count, &answer);
        run_tell_trouble(engine, job, &answer);
        if (answer.kind != ANSWER_OK) /* what was known of the customer may be the reason */
            cache_forget(&engine->cache, job->record->key);
        delivery_take(&job->delivery, &job->call, &answer, engine->now.mono, &engine->rng);
        answer_done(&answer);
        run_job(engine, job);
        run_head(engine, queue);
    }
    run_ready(engine, account);
}
