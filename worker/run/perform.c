#include "run/perform.h"

#include "base/mem.h"
#include "os/failpoint.h"
#include "os/log.h"
#include "papercups/content.h"
#include "run/epoll.h"
#include "run/loop_log.h"
#include "run/preflight.h"

static void perform_other_secret(struct loop *loop, const struct effect *effect)
{
    if (loop->refused.code != ERR_NONE)
        return;
    preflight_other_secret(effect->partition, effect->secret, engine_secret(loop->engine), &loop->refused);
    log_say(LOG_LEVEL_ERROR, "mark_secret", "%s", loop->refused.text);
}

static void perform_produce(struct loop *loop, const struct effect *effect)
{
    enum produced refused;
    if (producer_send(loop->producer, effect, &refused))
        return;
    if (loop->refusal_count == loop->refusal_capacity) {
        loop->refusal_capacity = loop->refusal_capacity * 2 + 16;
        loop->refusals = mem_grow(loop->refusals, loop->refusal_capacity, sizeof(*loop->refusals));
    }
    loop->refusals[loop->refusal_count++] = (struct loop_refusal){effect->handle, refused};
}

static void perform_read_receipts(struct loop *loop, const struct effect *effect)
{
    struct err err;
    if (loop->reader == NULL) {
        loop->reader = reader_new(loop->config, loop->inquiry, loop->reader_calls, loop, &err);
        if (loop->reader == NULL || epoll_watch(loop->epoll_fd, reader_fd(loop->reader), LOOP_TAG_READER, &err) != 0) {
            snprintf(loop->fatal, sizeof(loop->fatal), "%s", err.text);
            return;
        }
    }
    reader_add(loop->reader, effect->partition, effect->offset, effect->since);
}

/* Logged once: it is the same for each partition. */
static void perform_other_version(struct loop *loop, const struct effect *effect)
{
    if (effect->other_version == 0 || loop->other_version_told)
        return;
    loop->other_version_told = true;
    log_say(LOG_LEVEL_WARNING, "other_version",
            "partition %d: %zu receipts are of another version of cupbearer, and were ignored: the events that they settled "
            "may be shown again when they are repeated. Start no more workers of this version",
            (int)effect->partition, effect->other_version);
}

static void perform_start(struct loop *loop, const struct effect *effect)
{
    perform_other_version(loop, effect);
    if (effect->count > 0)
        loop_log_foreign(effect);
    loop->metrics.foreign_receipts += effect->count;
    consumer_started(loop->consumer, effect->partition, effect->offset);
}

static void perform_effect(struct loop *loop, struct effect *effect)
{
    switch (effect->type) {
    case EFFECT_REQUEST:
        http_send(loop->http, effect->handle, loop->sites[effect->account->options.index], effect->method,
                  effect->path.data, &effect->body, content_fold(effect->call), effect->until,
                  effect->traceparent);
        break;
    case EFFECT_PRODUCE:
        perform_produce(loop, effect);
        break;
    case EFFECT_COMMIT:
        consumer_commit(loop->consumer, effect->handle, effect->partition, effect->offset,
                        buf_span(&effect->text));
        break;
    case EFFECT_CHECK_LOG:
        log_checks_ask(loop->preflight, effect->partition, effect->offset, effect->handle);
        break;
    case EFFECT_READ_RECEIPTS:
        perform_read_receipts(loop, effect);
        break;
    case EFFECT_START:
        perform_start(loop, effect);
        break;
    case EFFECT_PAUSE:
    case EFFECT_RESUME:
        consumer_pause(loop->consumer, effect->partition, effect->type == EFFECT_PAUSE);
        break;
    case EFFECT_RELEASED:
        if (loop->reader != NULL)
            reader_drop(loop->reader, effect->partition);
        consumer_released(loop->consumer, effect->partition);
        break;
    case EFFECT_STOPPED:
        loop->stopped = true;
        break;
    case EFFECT_ACCOUNT:
        loop_log_account(effect);
        break;
    case EFFECT_CIRCUIT:
        loop_log_circuit(effect->account);
        break;
    case EFFECT_SETTLED:
        metrics_settled(&loop->metrics, &effect->settled);
        loop_log_settled(effect);
        break;
    case EFFECT_TROUBLE:
        loop_log_trouble(effect);
        break;
    case EFFECT_OTHER_SECRET:
        perform_other_secret(loop, effect);
        break;
    case EFFECT_LOG_CHANGED:
        loop_log_changed(effect);
        if (effect->change == LOG_WENT_BACK)
            consumer_join_again(loop->consumer);
        break;
    case EFFECT_NAMESAKE:
        loop_log_namesake(loop, effect->partition);
        break;
    }
}

void perform_input(struct loop *loop, struct input *input)
{
    struct effects effects;
    input->now = loop->now;
    failpoint_input(input);
    engine_take(loop->engine, input, &effects);
    for (size_t i = 0; i < effects.count; i++) {
        failpoint_effect(&effects.list[i], loop->config->dead_topic, FAILPOINT_BEFORE);
        perform_effect(loop, &effects.list[i]);
        failpoint_effect(&effects.list[i], loop->config->dead_topic, FAILPOINT_AFTER);
    }
}
