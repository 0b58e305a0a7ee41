#include "engine/glance.h"

#include <stdlib.h>

#include "base/mem.h"
#include "delivery/retry.h"
#include "engine/accounts.h"
#include "engine/internal.h"
#include "engine/known.h"
#include "engine/lease.h"
#include "engine/wake.h"

#define GLANCE_TRIES    5
#define GLANCE_HOLD_MS  3000 /* a customer's next message waits no longer for one that hangs */
#define GLANCE_AGAIN_MS 1000 /* without a lease */

/* The one place where its state is set. */
static void glance_enter(const struct engine *engine, struct glance *glance, enum glance_state state,
                         const char *why)
{
    trace_tell(engine->options.trace, MACHINE_GLANCE, glance, (int)glance->state, (int)state, why);
    glance->state = state;
}

static void glance_ready(struct engine *engine, struct glance *glance, const char *why)
{
    timer_clear(&engine->timers, &glance->timer);
    glance_enter(engine, glance, GLANCE_READY, why);
    queue_push(&glance->account->glances, &glance->in_ready);
    wake_account(engine, glance->account);
}

static void glance_wait(struct engine *engine, struct glance *glance, struct mono until, const char *why)
{
    glance_enter(engine, glance, GLANCE_WAITS, why);
    timer_set(&engine->timers, &glance->timer, until);
}

static void glance_rest(struct engine *engine, struct glance *glance, struct mono until)
{
    glance_enter(engine, glance, GLANCE_RESTS, "its conversation was looked at");
    timer_set(&engine->timers, &glance->timer, until);
}

/* Not too soon after the last one of that conversation. */
static struct mono glance_from(const struct engine *engine, const struct glance *glance)
{
    return glance->called.ms == 0 ? glance->called : mono_after(glance->called, engine->options.look_ms);
}

/* At once where the queue is empty. */
static void glance_plan(struct engine *engine, struct glance *glance)
{
    struct mono at = mono_after(glance->since, engine->options.look_ms);
    if (glance->queue->head == NULL)
        at = engine->now.mono;
    at = mono_later(at, glance_from(engine, glance));
    if (glance->partition->state != PARTITION_RUNNING)
        at = engine->now.mono; /* another worker will have the customer next */
    if (mono_reached(at, engine->now.mono))
        glance_ready(engine, glance, "posted, and nothing more waits for that customer");
    else
        glance_wait(engine, glance, at, "posted, but more waits, or it was looked at a moment ago");
}

static struct glance *glance_of(const struct queue *queue, const struct uuid *conversation)
{
    struct glance *glance;
    LIST_FOREACH(glance, &queue->glances, in_queue)
        if (strcmp(glance->call.id.text, conversation->text) == 0)
            break;
    return glance;
}

static struct glance *glance_new(struct engine *engine, const struct job *job, struct queue *queue)
{
    struct glance *glance = mem_new(1, sizeof(*glance));
    *glance = (struct glance){.timer = {.owner = TIMER_GLANCE},
                              .queue = queue,
                              .account = job->account,
                              .partition = job->partition,
                              .call = {.id = job->delivery.conversation}};
    glance->handle = slots_add(&engine->glances, glance);
    LIST_INSERT_HEAD(&queue->glances, glance, in_queue);
    return glance;
}

static void glance_free(struct engine *engine, struct glance *glance)
{
    LIST_REMOVE(glance, in_queue);
    timer_clear(&engine->timers, &glance->timer);
    if (glance->state == GLANCE_READY)
        queue_remove(&glance->account->glances, &glance->in_ready);
    if (glance->state != GLANCE_RESTS)
        glance->partition->glance_count--;
    slots_remove(&engine->glances, glance->handle);
    free(glance);
}

static void glance_begin(struct engine *engine, struct glance *glance)
{
    glance->call.kind = CALL_READ_CONVERSATION;
    glance->tries = 0;
    glance_plan(engine, glance);
}

void glance_want(struct engine *engine, const struct job *job, struct queue *queue)
{
    const struct uuid *conversation = &job->delivery.conversation;
    if (engine->options.look_ms == 0 || conversation->text[0] == 0)
        return;
    struct glance *glance = glance_of(queue, conversation);
    if (glance == NULL)
        glance = glance_new(engine, job, queue);
    bool is_new = glance->state == GLANCE_RESTS, calls = glance->state == GLANCE_CALLS;
    glance->offset = job->record->offset;
    if (is_new || (calls && !glance->again))
        glance->since = engine->now.mono;
    glance->again = calls;
    glance->partition->glance_count += is_new;
    if (is_new || (glance->state == GLANCE_WAITS && glance->tries == 0))
        glance_begin(engine, glance);
}

/* The glance is over. */
static void glance_end(struct engine *engine, struct glance *glance)
{
    struct mono from = glance_from(engine, glance);
    if (glance->again) {
        glance->again = false;
        glance_begin(engine, glance);
        return;
    }
    glance->partition->glance_count--;
    glance_rest(engine, glance, from);
    if (mono_reached(from, engine->now.mono))
        glance_free(engine, glance);
}

void glance_timer(struct engine *engine, struct glance *glance)
{
    struct queue *queue = glance->queue;
    if (glance->state != GLANCE_RESTS) {
        glance_ready(engine, glance, "its time has come");
        return;
    }
    glance_free(engine, glance);
    queues_tidy(&engine->queues, queue, engine->now.mono);
}

void glance_place(struct engine *engine, struct glance *glance)
{
    queue_remove(&glance->account->glances, &glance->in_ready);
    if (!lease_is_held(engine)) {
        glance_wait(engine, glance, mono_after(engine->now.mono, GLANCE_AGAIN_MS), "no lease");
        return;
    }
    glance_enter(engine, glance, GLANCE_CALLS, "it has a place");
    glance->called = engine->now.mono;
    accounts_glance(engine, glance);
}

static void glance_take(struct engine *engine, struct glance *glance, const struct answer *answer)
{
    struct queue *queue = glance->queue;
    bool ok = answer->kind == ANSWER_OK, reads = glance->call.kind == CALL_READ_CONVERSATION;
    if (ok && reads && answer->closed) {
        cache_forget_conversation(&engine->cache, &glance->call.id);
        glance->call.kind = CALL_REOPEN;
        glance->tries = 0;
        glance_ready(engine, glance, "the conversation was closed: to open it again");
        return;
    }
    if (ok && !reads) /* as after a new one */
        queue->not_before = mono_later(queue->not_before,
                                       mono_after(engine->now.mono, engine->options.limits.new_spacing_ms));
    bool gone = answer->kind == ANSWER_NOT_FOUND || answer->kind == ANSWER_REFUSED;
    bool again = !ok && !gone && ++glance->tries < GLANCE_TRIES;
    if (again && glance->partition->state == PARTITION_RUNNING)
        glance_wait(engine, glance, mono_after(engine->now.mono, retry_delay_ms(glance->tries, &engine->rng)),
                    answer_word(answer->kind));
    else
        glance_end(engine, glance);
}

void glance_answered(struct engine *engine, struct glance *glance, const struct answer *answer)
{
    struct queue *queue = glance->queue;
    glance_take(engine, glance, answer);
    wake_queue(engine, queue);
}

struct mono glance_hold(struct engine *engine, const struct job *job)
{
    struct mono until = {0};
    struct cached where;
    if (LIST_EMPTY(&job->queue->glances) || known_find(engine, job, &where))
        return until;
    struct glance *glance;
    LIST_FOREACH(glance, &job->queue->glances, in_queue) {
        if (glance->state == GLANCE_WAITS && glance->tries == 0)
            glance_ready(engine, glance, "the customer's next event waits for it");
        if (glance->state == GLANCE_READY)
            until = MONO_NEVER;
        else if (glance->state == GLANCE_CALLS)
            until = mono_later(until, mono_after(glance->called, GLANCE_HOLD_MS));
    }
    return until;
}

void glances_hurry(struct engine *engine, const struct partition *partition)
{
    for (uint32_t i = 0; i < engine->glances.size; i++) {
        struct glance *glance = engine->glances.slots[i].thing;
        if (glance != NULL && glance->partition == partition && glance->state == GLANCE_WAITS)
            glance_ready(engine, glance, "its partition is given up");
    }
}

void glances_drop(struct engine *engine, const struct partition *partition)
{
    for (uint32_t i = 0; i < engine->glances.size; i++) {
        struct glance *glance = engine->glances.slots[i].thing;
        if (glance != NULL && glance->partition == partition)
            glance_free(engine, glance);
    }
}
