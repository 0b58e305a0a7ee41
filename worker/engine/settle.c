#include "engine/settle.h"

#include <assert.h>

#include "base/mem.h"
#include "delivery/retry.h"
#include "engine/deadline.h"
#include "engine/effects.h"
#include "engine/glance.h"
#include "engine/internal.h"
#include "engine/known.h"
#include "engine/lease.h"
#include "engine/wake.h"
#include "event/traceparent.h"

static struct wall window_end(const struct engine *engine, const struct job *job)
{
    return (struct wall){window_from_ms(job->admitted_at_ms, job->finished_at_ms) +
                         engine->options.window_ms};
}

/* `state`: JOB_ASKING for a letter that holds only if the event's time is over, see settle_ask. */
static void settle_dead_letter(struct engine *engine, struct job *job, enum job_state state)
{
    const struct dead_letter_facts facts = {.topic = engine->options.events_topic,
                                            .outcome = state == JOB_ASKING ? OUTCOME_GAVE_UP : job->outcome,
                                            .detail = job->detail.text,
                                            .failed_at_ms = job->finished_at_ms,
                                            .attempts = job->delivery.attempts,
                                            .without_value = job->without_value};
    struct dead_letter letter;
    struct record record = *job->record;
    if (job->bare) {
        record.key = SPAN_NONE;
        record.header_count = 0;
    }
    dead_letter_init(&letter, &record, &facts);
    const char *why = state == JOB_ASKING ? "to ask the broker for its time" : outcome_text(job->outcome);
    job_enter(engine, job, state, why);
    struct effect *effect = effect_add(engine, EFFECT_PRODUCE, job->partition->id);
    effect->handle = job->handle;
    effect->topic = engine->options.dead_topic;
    effect->key = record.key;
    effect->value = letter.value;
    effect->headers = letter.headers;
    effect->header_count = letter.header_count;
    effect->header_text = letter.text;
}

static struct span uuid_span(bool wanted, const struct uuid *id)
{
    return wanted && id->text[0] != 0 ? span_of(id->text) : SPAN_NONE;
}

static void settle_receipt(struct engine *engine, struct job *job)
{
    bool ids = engine->options.papercups_ids;
    const struct delivery *delivery = &job->delivery;
    const struct receipt receipt = {
        .outcome = job->outcome,
        .event_id = job->event_id,
        .sender = span_of(job->sender),
        .account = job->account == NULL ? SPAN_NONE : span_of(job->account->options.name),
        .detail = span_of(job->detail.text),
        .topic = span_of(engine->options.events_topic),
        .partition = job->partition->id,
        .offset = job->record->offset,
        .record_timestamp_ms = job->record->timestamp_ms,
        .admitted_at_ms = job->admitted_at_ms,
        .finished_at_ms = job->finished_at_ms,
        .signed_at_s = job->signed_at_s,
        .attempts = delivery->attempts,
        .customer_matches = delivery->customer_matches,
        .traceparent = traceparent_of(job->record),
        .conversation_id = uuid_span(ids, &delivery->conversation),
        .customer_id = uuid_span(ids, &delivery->customer),
        .message_id = uuid_span(ids, &delivery->message),
    };
    job_enter(engine, job, JOB_RECEIPT, outcome_text(job->outcome));
    struct effect *effect = effect_add(engine, EFFECT_PRODUCE, job->partition->id);
    buf_init(&effect->text, RECEIPT_SIZE_MAX);
    receipt_write(&effect->text, &receipt);
    assert(!effect->text.failed);
    char code[RECEIPT_MAC_TEXT];
    struct span key = receipted_key(job->record);
    receipt_mac(engine->mac_key, span_of(engine->options.receipts_topic), job->partition->id, key,
                buf_span(&effect->text), code);
    buf_init(&effect->header_text, sizeof(code));
    buf_add_text(&effect->header_text, code);
    effect->headers = mem_new(1, sizeof(*effect->headers));
    effect->headers[0] = (struct header){SPAN(RECEIPT_MAC), buf_span(&effect->header_text)};
    effect->header_count = 1;
    effect->handle = job->handle;
    effect->topic = engine->options.receipts_topic;
    effect->timestamp_ms = window_from_ms(job->admitted_at_ms, job->finished_at_ms);
    effect->key = key;
    effect->value = buf_span(&effect->text);
}

static void settle_produce(struct engine *engine, struct job *job, enum job_state state)
{
    job->producing = true;
    job->produced_at = engine->now.mono;
    if (state == JOB_RECEIPT)
        settle_receipt(engine, job);
    else
        settle_dead_letter(engine, job, state);
}

/* Whether it would end in the same way once more. One that might not, after a crash without its receipt, keeps its place
 * until that is acknowledged: else it could be shown behind its successor. The worker's own clock may have been set
 * meanwhile, the keyring may be another; what the log's clock says stays. */
static bool settle_is_certain(const struct engine *engine, enum outcome outcome)
{
    if (outcome == OUTCOME_EXPIRED || outcome == OUTCOME_EXPIRES_TOO_LATE)
        return !engine->options.admit_by_clock;
    return outcome != OUTCOME_KEY_NOT_ACTIVE && outcome != OUTCOME_ACCOUNT_NOT_GRANTED && !outcome_is_failed(outcome);
}

/* The time until its customer's next message. */
static int64_t settle_spacing_ms(const struct engine *engine, const struct job *job)
{
    int64_t new_ms = job->delivery.opened ? engine->options.limits.new_spacing_ms : 0;
    return new_ms > engine->options.spacing_ms ? new_ms : engine->options.spacing_ms;
}

void settle(struct engine *engine, struct job *job, enum outcome outcome)
{
    job->outcome = outcome;
    job->finished_at_ms = engine->now.wall.ms;
    struct window *window = &job->partition->window;
    struct queue *queue = job->queue;
    if (outcome == OUTCOME_DELIVERED) {
        window_add(window, &job->marks[0], window_end(engine, job));
        if (job->delivery.acknowledged)
            known_put(engine, job);
        queue->not_before = mono_after(engine->now.mono, settle_spacing_ms(engine, job));
    } else if (window_remembers(outcome)) {
        window_add_failed(window, &job->marks[0], window_end(engine, job), job->signed_at_s);
    }
    if (settle_is_certain(engine, outcome))
        job_leave_queue(job);
    job_forget_message(engine, job);
    if (!outcome_has_dead_letter(outcome))
        job_forget_value(engine, job); /* a receipt needs only the key and the headers */
    bool written = job->lettered && outcome == OUTCOME_GAVE_UP;
    settle_produce(engine, job, outcome_has_dead_letter(outcome) && !written ? JOB_DEAD_LETTER : JOB_RECEIPT);
    if (outcome == OUTCOME_DELIVERED)
        glance_want(engine, job, queue);
}

void settle_ask(struct engine *engine, struct job *job)
{
    engine->asking = job->handle;
    job->finished_at_ms = engine->now.wall.ms;
    detail_set(&job->detail, OUTCOME_GAVE_UP, "%u attempts; not delivered within deliver_within",
               job->delivery.attempts);
    settle_produce(engine, job, JOB_ASKING);
}

static void settle_offset(const struct job *job)
{
    offsets_settle(&job->partition->offsets, job->record->offset);
    job->partition->doubted -= job->told != OUTCOME_NONE;
}

void settle_as_told(struct engine *engine, struct job *job)
{
    settle_offset(job);
    job_drop(engine, job);
}

void settle_again(struct engine *engine, struct job *job)
{
    settle_produce(engine, job, job->state);
}

static void settle_count(struct engine *engine, const struct job *job)
{
    if (job->account == NULL) {
        engine->outcomes[job->outcome]++;
        return;
    }
    job->account->stats.outcomes[job->outcome]++;
    if (job->outcome == OUTCOME_DELIVERED && job->finished_at_ms > job->admitted_at_ms)
        job->account->stats.delivery_ms += job->finished_at_ms - job->admitted_at_ms;
    if (job->delivery.customer_matches > 1)
        job->account->stats.ambiguous++;
}

static void settle_finished(struct engine *engine, struct job *job)
{
    struct queue *queue = job->queue;
    struct account *account = job->account;
    struct effect *effect = effect_add(engine, EFFECT_SETTLED, job->partition->id);
    effect->traceparent = traceparent_of(job->record);
    effect->settled = (struct settled){
        .outcome = job->outcome,
        .account = account == NULL ? SPAN_NONE : span_of(account->options.name),
        .event_id = job->event_id,
        .sender = span_of(job->sender),
        .key_id = job->key_id,
        .detail = job->detail.text,
        .offset = job->record->offset,
        .admitted_at_ms = job->admitted_at_ms,
        .finished_at_ms = job->finished_at_ms,
        .attempts = job->delivery.attempts,
        .customer_matches = job->delivery.customer_matches,
        .record_timestamp_ms = job->record->timestamp_ms,
        .signed_at_s = job->signed_at_s,
    };
    settle_count(engine, job);
    settle_offset(job);
    job_drop(engine, job);
    if (queue != NULL)
        wake_queue(engine, queue);
}

bool settle_produced(struct engine *engine, struct job *job, const struct input *input)
{
    enum produced produced = input->produced;
    assert(job->state == JOB_DEAD_LETTER || job->state == JOB_RECEIPT || job->state == JOB_ASKING);
    job->producing = false;
    if (produced == PRODUCED_OK && input->stamp_ms > 0)
        deadline_hear(engine, (struct wall){input->stamp_ms}, job->produced_at);
    if (produced == PRODUCED_OK && job->state == JOB_ASKING) {
        job->produce_tries = 0;
        job->lettered = true;
        engine->broker_is_mute = input->stamp_ms <= 0;
        return true;
    }
    if (produced == PRODUCED_OK && job->state == JOB_RECEIPT) {
        partition_receipt_written(job->partition, input->offset);
        settle_finished(engine, job);
        return false;
    }
    if (produced == PRODUCED_OK) {
        job->produce_tries = 0;
        if (lease_is_held(engine)) {
            settle_produce(engine, job, JOB_RECEIPT);
        } else {
            job_enter(engine, job, JOB_RECEIPT, "its dead letter is written, and there is no lease");
            job_ask_again_later(engine, job);
        }
        return false;
    }
    job->bare = job->bare || (job->without_value && produced == PRODUCED_TOO_LARGE);
    job->without_value = job->without_value || produced == PRODUCED_TOO_LARGE;
    int64_t delay_ms = retry_delay_ms(job->produce_tries++, &engine->rng);
    timer_set(&engine->timers, &job->timer, mono_after(engine->now.mono, delay_ms));
    return false;
}
