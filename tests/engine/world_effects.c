/* An engine's effects, as a shell would perform them: what is asked of others goes into the world's lists. */
#include "world.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/accounts.h"
#include "engine/internal.h"
#include "world_take.h"

static void *world_more(void *list, size_t count, size_t size)
{
    return (count & (count - 1)) == 0 ? mem_grow(list, count == 0 ? 1 : count * 2, size) : list;
}

/* The number of the event for which a request is made; -1: none. */
static int world_request_event(const struct world *world, int worker, engine_handle handle)
{
    struct engine *engine = world->workers[worker].engine;
    const struct pending *pending = slots_find(&engine->requests, handle);
    const struct job *job = pending == NULL ? NULL : slots_find(&engine->jobs, pending->job);
    unsigned number;
    return job != NULL && world_event_number(job->event_id, &number) ? (int)number : -1;
}

static void world_perform_request(struct world *world, int worker, struct effect *effect)
{
    struct world_request request = {.worker = worker,
                                    .partition = effect->partition,
                                    .handle = effect->handle,
                                    .until = effect->until,
                                    .asked_at = world->now.mono,
                                    .sent_at = world->now.mono,
                                    .event = world_request_event(world, worker, effect->handle)};
    snprintf(request.account, sizeof(request.account), "%s", effect->account->options.name);
    request.api_key = world->workers[worker].api_keys[world_account_of(span_of(request.account))];
    if (!fake_request_read(span_of(effect->method), buf_span(&effect->path), buf_span(&effect->body),
                           &request.what))
        world_fail(world, "no request of Papercups: %s %s %s", effect->method, effect->path.data,
                   effect->body.data);
    buf_init(&request.body, 1 << 20);
    struct buf text;
    buf_init(&text, 256);
    fake_request_write(&text, &request.what);
    world_note(world, worker, "%s", text.data);
    buf_done(&text);
    world->requests = world_more(world->requests, world->request_count, sizeof(request));
    world->requests[world->request_count++] = request;
    world_check_request(world, &request, effect->partition);
}

bool world_event_number(struct span event_id, unsigned *out)
{
    int64_t number;
    if (!span_starts(event_id, SPAN("e")) || !span_number(span_skip(event_id, 1), 18, &number) ||
        number >= WORLD_EVENTS_MAX)
        return false;
    *out = (unsigned)number;
    return true;
}

static void world_note_produce(struct world *world, int worker, struct world_produce *produce)
{
    const struct record *record = produce->record;
    if (strcmp(produce->topic, FAKE_RECEIPTS) != 0) {
        struct span source = fake_log_header(record, "cupbearer-source");
        struct span reason = fake_log_header(record, "cupbearer-reason");
        source = span_skip(source, strlen(FAKE_EVENTS "/"));
        world_note(world, worker, "dead letter %.*s %.*s%s", SPAN_ARGS(source), SPAN_ARGS(reason),
                   record->value.data == NULL ? " without value" : "");
        return;
    }
    struct receipt read;
    struct json_t *root = NULL;
    if (receipt_read(record->value, &read, &root, NULL) != 0) {
        world_fail(world, "not a receipt: %.*s", SPAN_ARGS(record->value));
        return;
    }
    unsigned number;
    if (world_event_number(read.event_id, &number))
        world_check_refused(world, &read, number);
    bool counts = read.outcome == OUTCOME_DELIVERED ||
                  (outcome_is_failed(read.outcome) && read.outcome != OUTCOME_BACKLOG); /* for the window */
    if (counts && world_event_number(read.event_id, &number))
        world->finished[number].ms = read.finished_at_ms;
    if (read.outcome == OUTCOME_DELIVERED)
        world_told(world, worker, record, read.event_id);
    produce->of = read.offset;
    produce->outcome = read.outcome;
    const char *reason = outcome_reason(read.outcome);
    world_note(world, worker, "receipt %d/%lld %s", (int)read.partition, (long long)read.offset,
               reason[0] == 0 ? outcome_word(read.outcome) : reason);
    json_decref(root);
}

static void world_perform_produce(struct world *world, int worker, const struct effect *effect)
{
    const struct record record = {.partition = effect->partition,
                                  .timestamp_ms = effect->timestamp_ms,
                                  .key = effect->key,
                                  .value = effect->value,
                                  .headers = effect->headers,
                                  .header_count = effect->header_count};
    struct world_produce produce = {
        .worker = worker, .handle = effect->handle, .topic = effect->topic, .record = record_copy(&record)};
    world_note_produce(world, worker, &produce);
    world->produces = world_more(world->produces, world->produce_count, sizeof(produce));
    world->produces[world->produce_count++] = produce;
    world_check_produce(world, &produce);
    world_check_produced_trace(world, &produce);
}

static void world_perform_commit(struct world *world, int worker, const struct effect *effect)
{
    struct world_commit commit = {
        .worker = worker, .handle = effect->handle, .partition = effect->partition, .offset = effect->offset};
    commit.sent_at = world->now.mono;
    snprintf(commit.text, sizeof(commit.text), "%s", effect->text.data);
    commit.fenced = world->workers[worker].shares[effect->partition].given_away;
    commit.generation = world->workers[worker].shares[effect->partition].generation;
    struct progress progress;
    if (!progress_read(buf_span(&effect->text), &progress))
        world_fail(world, "no progress: %s", effect->text.data);
    world_note(world, worker, "commit %d/%lld reach=%lld receipts=%lld", (int)effect->partition,
               (long long)effect->offset, (long long)progress.reach, (long long)progress.receipts);
    world->commits = world_more(world->commits, world->commit_count, sizeof(commit));
    world->commits[world->commit_count++] = commit;
    if (commit.fenced)
        return;
    world_check_commit(world, &commit);
}

static void world_perform_read(struct world *world, int worker, const struct effect *effect)
{
    struct share *share = &world->workers[worker].shares[effect->partition];
    share->reading = true;
    share->receipts_from = effect->offset;
    share->since = effect->since;
    world_note(world, worker, "read %d receipts=%lld since=%lld", (int)effect->partition,
               (long long)effect->offset,
               effect->since.ms == 0 ? 0LL : (long long)(effect->since.ms - world->now.wall.ms));
}

static void world_perform_check(struct world *world, int worker, const struct effect *effect)
{
    struct share *share = &world->workers[worker].shares[effect->partition];
    share->check = effect->handle;
    share->check_from = effect->offset;
    share->checked = false;
}

static void world_perform_start(struct world *world, int worker, const struct effect *effect)
{
    struct share *share = &world->workers[worker].shares[effect->partition];
    share->started = true;
    share->position = effect->offset;
    if (effect->other_version > 0)
        world_note(world, worker, "start %d/%lld other_version=%zu", (int)effect->partition,
                   (long long)effect->offset, effect->other_version);
    else if (effect->count == 0)
        world_note(world, worker, "start %d/%lld", (int)effect->partition, (long long)effect->offset);
    else
        world_note(world, worker, "start %d/%lld foreign=%zu", (int)effect->partition,
                   (long long)effect->offset, effect->count);
}

static void world_perform_settled(struct world *world, int worker, const struct effect *effect)
{
    const char *reason = outcome_reason(effect->settled.outcome);
    world_note(world, worker, "settled %d/%lld %s", (int)effect->partition, (long long)effect->settled.offset,
               reason[0] == 0 ? outcome_word(effect->settled.outcome) : reason);
    if (!world_is_behind(world, worker, effect->partition) &&
        fake_log_receipts(&world->log.partitions[effect->partition], effect->settled.offset) == 0)
        world_fail(world, "%d/%lld is settled without a receipt", (int)effect->partition,
                   (long long)effect->settled.offset);
}

static void world_perform(struct world *world, int worker, struct effect *effect)
{
    struct worker *w = &world->workers[worker];
    struct share *share = effect->partition < 0 ? NULL : &w->shares[effect->partition];
    if (share != NULL && !share->held && effect->type != EFFECT_RELEASED)
        world_fail(world, "an effect of type %d for partition %d, which it does not hold", (int)effect->type,
                   (int)effect->partition);
    world_check_effect_trace(world, worker, effect);
    switch (effect->type) {
    case EFFECT_REQUEST:
        world_perform_request(world, worker, effect);
        break;
    case EFFECT_PRODUCE:
        world_perform_produce(world, worker, effect);
        break;
    case EFFECT_COMMIT:
        world_perform_commit(world, worker, effect);
        break;
    case EFFECT_READ_RECEIPTS:
        world_perform_read(world, worker, effect);
        break;
    case EFFECT_CHECK_LOG:
        world_perform_check(world, worker, effect);
        break;
    case EFFECT_START:
        world_perform_start(world, worker, effect);
        break;
    case EFFECT_PAUSE:
    case EFFECT_RESUME:
        share->paused = effect->type == EFFECT_PAUSE;
        world_note(world, worker, "%s %d", share->paused ? "pause" : "resume", (int)effect->partition);
        break;
    case EFFECT_RELEASED:
        for (size_t i = 0; i < world->produce_count && !share->lost && !share->again; i++)
            if (world->produces[i].worker == worker &&
                world->produces[i].record->partition == effect->partition)
                world_fail(world, "partition %d is released before its receipts are acknowledged",
                           (int)effect->partition);
        if (mono_reached(mono_after(share->revoked_at, WORLD_DRAIN_MS), world->now.mono))
            world_excuse(world, worker, effect->partition);
        if (share->again)
            share->again = false; /* what it held before the assignment that is under way */
        else {
            if (!share->lost && !share->given_away)
                world->log.partitions[effect->partition].barred_until = (struct mono){0};
            *share = (struct share){.paused = share->paused};
        }
        world_note(world, worker, "released %d", (int)effect->partition);
        break;
    case EFFECT_STOPPED:
        w->stopped = true;
        world_note(world, worker, "stopped");
        break;
    case EFFECT_SETTLED:
        world_perform_settled(world, worker, effect);
        break;
    case EFFECT_ACCOUNT:
        world_note(world, worker, "account %s %s", effect->account->options.name,
                   account_hold_word(effect->account->hold));
        world_check_held(world, worker, effect->account);
        break;
    case EFFECT_CIRCUIT:
        world_note(world, worker, "circuit %s %s", effect->account->options.name,
                   concurrency_is_open(&effect->account->concurrency) ? "open" : "closed");
        break;
    case EFFECT_LOG_CHANGED:
        world_note(world, worker, "log %d/%lld %s", (int)effect->partition, (long long)effect->offset,
                   effect->change == LOG_DELETED   ? "begins behind it"
                   : effect->change == LOG_SHORTER ? "ends before it"
                   : effect->change == LOG_OTHER   ? "is another"
                                                   : "went back");
        share->lost = share->lost || effect->change == LOG_WENT_BACK;
        break;
    case EFFECT_OTHER_SECRET:
        w->refused = true;
        world_note(world, worker, "other secret %d", (int)effect->partition);
        break;
    case EFFECT_NAMESAKE:
        world_note(world, worker, "namesake %d", (int)effect->partition);
        break;
    case EFFECT_TROUBLE:
        world_note(world, worker, "trouble %d/%lld %s %s", (int)effect->partition,
                   (long long)effect->trouble.offset, effect->trouble.call, effect->trouble.answer);
        break;
    }
}

void world_take(struct world *world, int worker, const struct input *input)
{
    struct input timed = *input;
    struct effects effects;
    timed.now = world->now;
    timed.now.wall.ms += world->workers[worker].wall_ms;
    engine_take(world->workers[worker].engine, &timed, &effects);
    for (size_t i = 0; i < effects.count; i++)
        world_perform(world, worker, &effects.list[i]);
    world_check_deadline(world, worker);
    world_check_memory(world, worker);
}
