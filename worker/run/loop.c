#include "run/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "kafka/record_of.h"
#include "kafka/topic_checks.h"
#include "os/clock.h"
#include "os/failpoint.h"
#include "os/log.h"
#include "os/process.h"
#include "papercups/content.h"
#include "run/preflight.h"
#include "run/reload.h"

#define TURN_DESCRIPTORS 64

static int loop_watch(struct loop *loop, int fd, uint64_t tag, struct err *err)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag | (uint32_t)fd};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        return err_os(err, errno, "epoll_ctl");
    return 0;
}

/* ---- what the engine says ---- */

static void loop_log_settled(const struct effect *effect)
{
    const struct settled *settled = &effect->settled;
    struct log_line line;
    bool quiet = settled->outcome == OUTCOME_DELIVERED || settled->outcome == OUTCOME_DUPLICATE;
    log_begin(&line, quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "settled");
    log_text(&line, "outcome", span_of(outcome_word(settled->outcome)));
    if (outcome_reason(settled->outcome)[0] != 0)
        log_text(&line, "reason", span_of(outcome_reason(settled->outcome)));
    log_text(&line, "account", settled->account);
    log_text(&line, "sender", settled->sender);
    log_text(&line, "event_id", settled->event_id);
    log_number(&line, "partition", effect->partition);
    log_number(&line, "offset", settled->offset);
    log_number(&line, "attempts", settled->attempts);
    if (settled->customer_matches > 1)
        log_number(&line, "customer_matches", (long long)settled->customer_matches);
    log_number(&line, "after_ms", settled->finished_at_ms - settled->admitted_at_ms);
    if (settled->detail[0] != 0)
        log_text(&line, "detail", span_of(settled->detail));
    log_end(&line);
}

static void loop_log_account(const struct effect *effect)
{
    static const char *const words[] = {
        [ACCOUNT_OPEN] = "deliveries go on",
        [ACCOUNT_UNCHECKED] = "no delivery until /api/v1/me has been asked whose key it is",
        [ACCOUNT_UNAUTHORIZED] =
            "/api/v1/me is refused too, with 401, 403 or 407: put a good key into api_key_file, or let what stands in "
            "between pass it. Events wait until their deliver_within",
        [ACCOUNT_REDIRECTED] =
            "/api/v1/me answers with a redirect: set url to where it leads. Events wait until their "
            "deliver_within",
        [ACCOUNT_STRANGER] =
            "the API key is that of another Papercups account than papercups_account: nothing is posted",
    };
    struct log_line line;
    enum account_hold hold = effect->account->hold;
    log_begin(&line, hold == ACCOUNT_OPEN || hold == ACCOUNT_UNCHECKED ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
              "account");
    log_text(&line, "account", span_of(effect->account->options.name));
    log_text(&line, "state", span_of(account_hold_word(hold)));
    log_text(&line, "detail", span_of(words[hold]));
    log_end(&line);
}

static void loop_log_trouble(const struct effect *effect)
{
    const struct trouble *trouble = &effect->trouble;
    struct log_line line;
    log_begin(&line, LOG_LEVEL_WARNING, "trouble");
    log_text(&line, "account", trouble->account);
    log_text(&line, "call", span_of(trouble->call));
    log_text(&line, "answer", span_of(trouble->answer));
    if (trouble->event_id.data != NULL)
        log_text(&line, "event_id", trouble->event_id);
    log_number(&line, "partition", effect->partition);
    log_number(&line, "offset", trouble->offset);
    log_text(&line, "detail", span_of(trouble->detail));
    log_end(&line);
}

static void loop_log_changed(struct loop *loop, const struct effect *effect)
{
    static const char *const words[] = {
        [LOG_DELETED] = "the log begins behind what was committed: records were deleted unread, or the topic was made "
                        "again; it is read from its beginning",
        [LOG_SHORTER] = "the log ends before what was committed: the topic was made again, or the log has lost its tail; it "
                        "is read from its beginning, and what may have been shown is read back",
        [LOG_OTHER] = "another record stands below what was committed: the topic was made again, or the log has lost its "
                      "tail; it is read from its beginning, and what may have been shown is read back",
        [LOG_WENT_BACK] = "another record, or none, stands where one was read before: the topic was made again, or the log has "
                          "lost its tail; the partition is given up and taken anew",
    };
    struct log_line line;
    bool is_other = effect->change == LOG_OTHER || effect->change == LOG_WENT_BACK;
    log_begin(&line, LOG_LEVEL_ERROR, is_other ? "log_changed" : "offset_out_of_range");
    log_number(&line, "partition", effect->partition);
    log_number(&line, "offset", effect->offset);
    log_text(&line, "detail", span_of(words[effect->change]));
    log_end(&line);
    if (effect->change == LOG_WENT_BACK)
        consumer_join_again(loop->consumer);
}

static void loop_other_secret(struct loop *loop, const struct effect *effect)
{
    if (loop->refused.code != ERR_NONE)
        return;
    preflight_other_secret(effect->partition, effect->secret, engine_secret(loop->engine), &loop->refused);
    log_say(LOG_LEVEL_ERROR, "mark_secret", "%s", loop->refused.text);
}

static void loop_produce(struct loop *loop, const struct effect *effect)
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

static void loop_read_receipts(struct loop *loop, const struct effect *effect)
{
    struct err err;
    if (loop->reader == NULL) {
        loop->reader = reader_new(loop->config, loop->inquiry, &loop_reader_calls, loop, &err);
        if (loop->reader == NULL || loop_watch(loop, reader_fd(loop->reader), LOOP_TAG_READER, &err) != 0) {
            snprintf(loop->fatal, sizeof(loop->fatal), "%s", err.text);
            return;
        }
    }
    reader_add(loop->reader, effect->partition, effect->offset, effect->since);
}

/* Once: it is the same of each partition. */
static void loop_tell_other_version(struct loop *loop, const struct effect *effect)
{
    if (effect->other_version == 0 || loop->other_version_told)
        return;
    loop->other_version_told = true;
    log_say(LOG_LEVEL_WARNING, "other_version",
            "partition %d: %zu receipts are of another version of cupbearer, and were not believed: what they "
            "settled may be shown again when it is repeated. Start no more workers of this version",
            (int)effect->partition, effect->other_version);
}

static void loop_start(struct loop *loop, const struct effect *effect)
{
    loop_tell_other_version(loop, effect);
    if (effect->count > 0)
        loop_log_foreign(effect);
    loop->metrics.foreign_receipts += effect->count;
    consumer_started(loop->consumer, effect->partition, effect->offset);
}

static void loop_perform(struct loop *loop, struct effect *effect)
{
    switch (effect->type) {
    case EFFECT_REQUEST:
        http_send(loop->http, effect->handle, loop->sites[effect->account->options.index], effect->method,
                  effect->path.data, &effect->body, content_fold(effect->call), effect->until);
        break;
    case EFFECT_PRODUCE:
        loop_produce(loop, effect);
        break;
    case EFFECT_COMMIT:
        consumer_commit(loop->consumer, effect->handle, effect->partition, effect->offset,
                        buf_span(&effect->text));
        break;
    case EFFECT_CHECK_LOG:
        log_checks_ask(loop->preflight, effect->partition, effect->offset, effect->handle);
        break;
    case EFFECT_READ_RECEIPTS:
        loop_read_receipts(loop, effect);
        break;
    case EFFECT_START:
        loop_start(loop, effect);
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
        loop_other_secret(loop, effect);
        break;
    case EFFECT_LOG_CHANGED:
        loop_log_changed(loop, effect);
        break;
    case EFFECT_NAMESAKE:
        loop_log_namesake(loop, effect->partition);
        break;
    }
}

void loop_take(struct loop *loop, struct input *input)
{
    struct effects effects;
    input->now = loop->now;
    fault_input(input);
    engine_take(loop->engine, input, &effects);
    for (size_t i = 0; i < effects.count; i++) {
        fault_effect(&effects.list[i], loop->config->dead_topic, FAULT_BEFORE);
        loop_perform(loop, &effects.list[i]);
        fault_effect(&effects.list[i], loop->config->dead_topic, FAULT_AFTER);
    }
}

/* ---- what happens ---- */

static void loop_assigned(void *context, const struct assigned *assigned)
{
    loop_take(context, &(struct input){.type = INPUT_ASSIGNED,
                                       .partition = assigned->partition,
                                       .offset = assigned->offset,
                                       .begin = assigned->begin,
                                       .end = assigned->end,
                                       .last_stamp = assigned->last_stamp,
                                       .seen_stamp = assigned->seen_stamp,
                                       .never_committed = assigned->never_committed,
                                       .metadata = assigned->metadata});
}

static void loop_looked_up(void *context, const struct inquiry_answer *answer)
{
    struct loop *loop = context;
    if (answer->kind != INQUIRY_RECEIPTS)
        consumer_looked_up(loop->consumer, answer);
    else if (loop->reader != NULL)
        reader_looked_up(loop->reader, answer);
}

static void loop_log_checked(void *context, const struct log_check *check)
{
    struct loop *loop = context;
    if (consumer_log_checked(loop->consumer, check))
        return;
    loop_take(context, &(struct input){.type = INPUT_LOG_CHECKED,
                                       .partition = check->partition,
                                       .handle = check->handle,
                                       .offset = check->offset,
                                       .begin = check->begin,
                                       .last_stamp = check->stamp});
}

static void loop_receipt(void *context, const rd_kafka_message_t *message)
{
    struct record record;
    struct header headers[RECORD_HEADERS];
    record_of(message, headers, &record);
    loop_take(context,
              &(struct input){.type = INPUT_RECEIPT, .partition = record.partition, .record = &record});
}

static void loop_rebuilt(void *context, int32_t partition, int64_t end)
{
    loop_take(context, &(struct input){.type = INPUT_REBUILT, .partition = partition, .offset = end});
}

const struct reader_calls loop_reader_calls = {.record = loop_receipt, .finished = loop_rebuilt};

static void loop_revoked(void *context, int32_t partition, bool lost)
{
    loop_take(context, &(struct input){.type = lost ? INPUT_LOST : INPUT_REVOKED, .partition = partition});
}

static void loop_rebalanced(void *context, enum rebalance rebalance, int count)
{
    struct loop *loop = context;
    loop->metrics.rebalances[rebalance]++;
    loop_log_rebalance(rebalance, count);
}

static void loop_record(void *context, const struct record *record)
{
    loop_take(context, &(struct input){.type = INPUT_RECORD, .record = record});
}

static bool loop_wanted(void *context)
{
    const struct loop *loop = context;
    return engine_has_room(loop->engine);
}

static size_t loop_held(void *context, int32_t partition)
{
    const struct loop *loop = context;
    return engine_held(loop->engine, partition);
}

static void loop_committed(void *context, int32_t partition, uint64_t handle, bool ok)
{
    struct loop *loop = context;
    if (ok)
        loop->metrics.committed_at = loop->now.wall;
    loop_take(context,
              &(struct input){.type = INPUT_COMMITTED, .partition = partition, .handle = handle, .ok = ok});
}

static void loop_gone(void *context)
{
    loop_log_gone(context);
}

static void loop_unserved(void *context, int32_t served, size_t count)
{
    const struct loop *loop = context;
    topic_tell_added(loop->config, served, (int32_t)count);
}

const struct consumer_calls loop_consumer_calls = {.assigned = loop_assigned,
                                                   .revoked = loop_revoked,
                                                   .rebalanced = loop_rebalanced,
                                                   .record = loop_record,
                                                   .wanted = loop_wanted,
                                                   .held = loop_held,
                                                   .committed = loop_committed,
                                                   .gone = loop_gone,
                                                   .unserved = loop_unserved};

void loop_produced(void *context, engine_handle handle, enum produced produced, int64_t offset,
                   int64_t stamp_ms)
{
    loop_take(context, &(struct input){.type = INPUT_PRODUCED,
                                       .handle = handle,
                                       .produced = produced,
                                       .offset = offset,
                                       .stamp_ms = stamp_ms});
}

void loop_answered(void *context, uint64_t handle, const struct reply *reply)
{
    loop_take(context, &(struct input){.type = INPUT_ANSWERED, .handle = handle, .reply = reply});
}

static void loop_keyring(void *context, struct keyring *keyring)
{
    loop_take(context, &(struct input){.type = INPUT_KEYRING, .keyring = keyring});
}

static void loop_api_key(void *context, size_t account)
{
    loop_take(context, &(struct input){.type = INPUT_API_KEY, .account = account});
}

const struct files_calls loop_files_calls = {.keyring = loop_keyring, .api_key = loop_api_key};

static void loop_refused(struct loop *loop)
{
    size_t count = loop->refusal_count;
    loop->refusal_count = 0; /* new ones are for the next turn: each has a delay before it is tried again */
    for (size_t i = 0; i < count; i++) {
        struct loop_refusal refusal = loop->refusals[i];
        loop_produced(loop, refusal.handle, refusal.produced, -1, 0);
    }
}

/* ---- turns ---- */

static void loop_stop(struct loop *loop)
{
    log_say(LOG_LEVEL_INFO, "stopping", "%zu events are not settled", engine_unsettled(loop->engine));
    loop->stopping = true;
    loop->stop_deadline = mono_after(loop->now.mono, LOOP_STOP_MS);
    process_end_in(LOOP_STOP_MS / 1000 + LOOP_HANG_S);
    loop->stop_again_from = mono_after(loop->now.mono, LOOP_SAME_SIGNAL_MS);
    loop_take(loop, &(struct input){.type = INPUT_STOP});
}

static int loop_signal(struct loop *loop, struct err *err)
{
    struct signalfd_siginfo info;
    if (read(loop->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return 0;
    if (info.ssi_signo == SIGHUP) {
        loop->reload = true;
        return 0;
    }
    if (loop->stopping && !mono_reached(loop->stop_again_from, loop->now.mono))
        return 0;
    if (loop->stopping)
        return err_set(err, ERR_LIMIT,
                       "a second signal: ended with %zu events not settled; they are read again",
                       engine_unsettled(loop->engine));
    loop_stop(loop);
    return 0;
}

/* milliseconds, rounded up by the clock's own grain: truncating would make a deadline spin. */
static int loop_wait_ms(const struct loop *loop)
{
    if ((loop->more_events && engine_has_room(loop->engine)) || loop->more_receipts ||
        loop->refusal_count > 0)
        return 0;
    struct mono at = mono_earlier(engine_deadline(loop->engine), http_deadline(loop->http));
    at = mono_earlier(mono_earlier(at, files_deadline(loop->files)), loop->watchdog.next);
    at = mono_earlier(at, mono_earlier(consumer_deadline(loop->consumer), outages_deadline(&loop->outages)));
    if (loop->stopping)
        at = mono_earlier(at, loop->stop_deadline);
    if (loop->closing)
        at = mono_earlier(at, mono_after(loop->now.mono, 50)); /* nothing wakes us when the group is left */
    if (at.ms == MONO_NEVER.ms)
        return -1;
    int64_t ms = at.ms - clock_now().mono.ms;
    return ms <= 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static int loop_collect(struct loop *loop, struct err *err)
{
    struct epoll_event ready[TURN_DESCRIPTORS];
    int count = epoll_wait(loop->epoll_fd, ready, TURN_DESCRIPTORS, loop_wait_ms(loop));
    if (count < 0 && errno != EINTR)
        return err_os(err, errno, "epoll_wait");
    loop->now = clock_now();
    bool consume = loop->more_events || mono_reached(consumer_deadline(loop->consumer), loop->now.mono);
    bool read = loop->more_receipts;
    int result = 0;
    for (int i = 0; i < count; i++) {
        uint64_t tag = ready[i].data.u64 & ~(uint64_t)UINT32_MAX;
        if (tag == LOOP_TAG_SIGNAL)
            result = loop_signal(loop, err);
        else if (tag == LOOP_TAG_CONSUMER)
            consume = true;
        else if (tag == LOOP_TAG_PRODUCER) {
            loop->now = clock_now(); /* an acknowledgement tells the broker's time as of now at the latest */
            producer_turn(loop->producer);
        }
        else if (tag == LOOP_TAG_READER)
            read = true;
        else if (tag == LOOP_TAG_PREFLIGHT)
            log_checks_turn(loop->preflight, loop_log_checked, loop);
        else if (tag == LOOP_TAG_INQUIRY) {
            inquiry_turn(loop->inquiry, loop_looked_up, loop);
            read = true; /* one with nothing to read is finished now */
        } else if (tag == LOOP_TAG_ADMIN)
            loop_admin(loop);
        else
            http_ready(loop->http, (int)(uint32_t)ready[i].data.u64, ready[i].events);
    }
    loop->more_receipts = loop->reader != NULL && read && reader_turn(loop->reader);
    loop->more_events = consume && consumer_turn(loop->consumer, loop->now.mono);
    return result;
}

static int loop_check(const struct loop *loop, struct err *err)
{
    const char *fatal = loop->fatal[0] != 0 ? loop->fatal : consumer_fatal(loop->consumer);
    if (fatal == NULL)
        fatal = producer_fatal(loop->producer);
    if (fatal == NULL && loop->reader != NULL)
        fatal = reader_fatal(loop->reader);
    if (fatal != NULL)
        return err_set(err, ERR_SYSTEM, "Kafka: %s", fatal);
    if (loop->stopping && mono_reached(loop->stop_deadline, loop->now.mono))
        return err_set(err, ERR_LIMIT,
                       "not stopped within %d s: ended with %zu events not settled; they are read again",
                       LOOP_STOP_MS / 1000, engine_unsettled(loop->engine));
    return 0;
}

static int loop_turn(struct loop *loop, struct err *err)
{
    if (loop_collect(loop, err) != 0)
        return -1;
    http_turn(loop->http, loop->now.mono);
    loop_refused(loop);
    reload_turn(loop);
    loop_take(loop, &(struct input){.type = INPUT_TICK});
    if (loop->refused.code != ERR_NONE && !loop->stopping)
        loop_stop(loop);
    consumer_flush(loop->consumer);
    log_checks_flush(loop->preflight);
    if (watchdog_turn(&loop->watchdog, loop->consumer, loop->inquiry, loop->engine, loop->now.mono) && !loop->stopping)
        consumer_ask_ends(loop->consumer, engine_paused(loop->engine) > 0); /* by its next look they are known */
    clocks_turn(&loop->clocks, loop->engine, loop->now);
    outages_turn(&loop->outages, loop->now.mono);
    if (loop->reader != NULL && reader_is_done(loop->reader)) {
        reader_leave(loop->reader);
        loop->reader = NULL;
    }
    if (loop->stopped && !loop->closing) {
        loop->closing = true;
        consumer_close(loop->consumer);
    }
    return loop_check(loop, err);
}

int loop_run(struct loop *loop, struct err *err)
{
    if (loop_watch(loop, loop->signal_fd, LOOP_TAG_SIGNAL, err) != 0 ||
        loop_watch(loop, consumer_fd(loop->consumer), LOOP_TAG_CONSUMER, err) != 0 ||
        loop_watch(loop, producer_fd(loop->producer), LOOP_TAG_PRODUCER, err) != 0 ||
        loop_watch(loop, log_checks_fd(loop->preflight), LOOP_TAG_PREFLIGHT, err) != 0 ||
        loop_watch(loop, inquiry_fd(loop->inquiry), LOOP_TAG_INQUIRY, err) != 0 ||
        (loop->admin != NULL && loop_watch(loop, admin_fd(loop->admin), LOOP_TAG_ADMIN, err) != 0))
        return -1;
    loop->now = clock_now();
    loop->more_events = true; /* what came before the descriptors were watched */
    while (!loop->closing || !consumer_is_closed(loop->consumer))
        if (loop_turn(loop, err) != 0)
            return -1;
    if (loop->refused.code != ERR_NONE)
        return err_set(err, loop->refused.code, "%s", loop->refused.text);
    log_say(LOG_LEVEL_INFO, "stopped", "everything read is settled or left to the next worker");
    return 0;
}
