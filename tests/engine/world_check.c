/* The promises that hold at every moment. */
#include "world.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "engine/internal.h"

#define LONG_LIST_MS 2000

/* Where the event of that id that may be posted now can stand at the earliest. */
static int64_t world_event_offset(const struct fake_partition *log, const char *event_id, int64_t from)
{
    const struct record *record;
    for (int64_t at = from; (record = fake_log_event(log, at)) != NULL; at = record->offset + 1)
        if (span_equal(fake_log_header(record, HEADER_ID), span_of(event_id)))
            return record->offset;
    return -1;
}

void world_question(const struct world *world, int worker, const struct record *record,
                    struct fake_request *out)
{
    struct payload payload;
    struct detail detail;
    *out = (struct fake_request){.kind = CALL_FIND_CUSTOMERS};
    if (payload_read(record->value, &payload, &detail) != OUTCOME_NONE)
        abort();
    const char *host = json_string_value(json_object_get(payload.customer, "host"));
    const char *email = json_string_value(json_object_get(payload.customer, "email"));
    snprintf(out->external_id, sizeof(out->external_id), "%.*s", SPAN_ARGS(payload.to));
    snprintf(out->host, sizeof(out->host), "%s", host != NULL ? host : world->workers[worker].widget_host);
    if (world->options.email_given)
        snprintf(out->email, sizeof(out->email), "%s", email != NULL ? email : "%");
    payload_done(&payload);
}

/* Shown is what stands with the row that the widget takes, which looks for its own page's: what a worker knows of it is old
 * at most by how long an event may wait, twice, for one may use what was found for the one before it. */
#define KNOWN_FOR_MS (2 * 3600 * 1000 + 60 * 1000)

/* % and _ are themselves here, but for the one % that stands for "some e-mail". */
static bool row_is_shown(const struct fake_customer *row, const struct fake_request *question)
{
    bool some = strcmp(question->email, "%") == 0;
    return strcmp(row->external_id, question->external_id) == 0 &&
           strcasecmp(row->host, question->host) == 0 &&
           (question->email[0] == 0 ||
            (some ? row->email[0] != 0 : strcasecmp(row->email, question->email) == 0));
}

static void world_check_row(struct world *world, const struct world_request *request,
                            const struct record *record, const struct fake_customer *row)
{
    struct fake_request question;
    world_question(world, request->worker, record, &question);
    const struct fake_customer *shown = fake_papercups_row(&world->papercups, request->account, &question);
    if (!row_is_shown(row, &question) || strcmp(row->account, request->account) != 0)
        world_fail(
            world,
            "%s is posted to c%u (%s, %s, %s), and the widget that asks for (%s, %s, %s) does not show it",
            request->what.event, row->number, row->external_id, row->host, row->email, question.external_id,
            question.host, question.email);
    else if (row_is_shown(shown, &question) && question.email[0] != '%' && shown != row &&
             mono_reached(mono_after(shown->updated_at, KNOWN_FOR_MS), world->now.mono))
        world_fail(world, "%s is posted to c%u, and the widget has long been showing c%u",
                   request->what.event, row->number, shown->number);
}

/* Nothing is posted or decided by who cannot know that the partition is still his. */
static void world_check_proved(struct world *world, int worker, const char *what, int64_t offset)
{
    const struct worker *w = &world->workers[worker];
    if (world->options.lease_ms > 0 &&
        (!w->proved || mono_reached(mono_after(w->proved_at, world->options.lease_ms), world->now.mono)))
        world_fail(world, "%lld is %s without a young commit that was accepted since the assignment",
                   (long long)offset, what);
}

/* The customer does not see what comes into a closed conversation: where to post was told lately. The answer that tells it may
 * be late itself, and a frozen worker takes it later still. */
#define KNOWN_MOST_MS (2 * CACHE_TTL_MS)

static void world_check_open(struct world *world, const struct world_request *request)
{
    if (request->what.kind != CALL_POST_MESSAGE)
        return;
    const struct fake_conversation *one = &world->papercups.conversations[request->what.id - 1];
    struct mono told_at = world->papercups.customers[one->customer - 1].told_at;
    if (mono_reached(mono_after(told_at, CACHE_TTL_MS), world->now.mono))
        world_fail(world, "%s is posted into v%u, and it is %lld s since Papercups told of it",
                   request->what.event, request->what.id, (long long)(world->now.mono.ms - told_at.ms) / 1000);
    struct mono known = mono_after(one->closed_at, KNOWN_MOST_MS + world->options.stale_ms);
    if (one->closed && mono_reached(known, world->now.mono))
        world_fail(world, "%s is posted into v%u, which was closed %lld s ago", request->what.event,
                   request->what.id, (long long)(world->now.mono.ms - one->closed_at.ms) / 1000);
}

/* What an earlier post of the event may still bring would be the second one. */
static void world_check_under_way(struct world *world, const struct world_request *request)
{
    bool may_come = false;
    for (size_t i = 0; i < world->late_count; i++)
        may_come = may_come || strcmp(world->lates[i].what.mark, request->what.mark) == 0;
    for (size_t i = 0; i + 1 < world->request_count; i++) { /* the last is this one */
        const struct world_request *other = &world->requests[i];
        may_come = may_come || (fake_request_posts(&other->what) && other->status == 0 &&
                                !other->unwritten && !other->too_late &&
                                strcmp(other->what.mark, request->what.mark) == 0);
    }
    if (may_come && !world->options.breaches_are_counted && !world->options.unique_marks)
        world_fail(world, "%s is posted while an earlier post of it may still arrive", request->what.event);
}

/* A commit that got no answer may still put the reach back: whatever is started beyond it is not in doubt
 * after a crash then. */
static void world_check_late(struct world *world, int32_t partition, int64_t offset)
{
    struct progress progress;
    for (size_t i = 0; i < world->late_commit_count; i++) {
        const struct world_commit *late = &world->late_commits[i].what;
        if (late->partition == partition && !late->fenced && progress_read(span_of(late->text), &progress) &&
            offset >= progress.reach)
            world_fail(world, "%lld is posted beyond the reach %lld of a commit that may still arrive",
                       (long long)offset, (long long)progress.reach);
    }
}

/* How long that event may be tried, as the worlds' accounts are configured. */
static int64_t world_within_ms(const struct record *record)
{
    struct payload payload;
    struct detail detail;
    if (payload_read(record->value, &payload, &detail) != OUTCOME_NONE)
        abort();
    int64_t within_s = payload.deliver_within_s > 0 ? payload.deliver_within_s : WORLD_WITHIN_S;
    payload_done(&payload);
    return within_s * 1000;
}

/* Nothing is shown late, but for what is known too roughly of the broker's clock; or not at all, where nothing tells of it, or
 * nobody asks because the worker's own clock is behind. */
static void world_check_in_time(struct world *world, const struct world_request *request,
                                const struct fake_partition *log)
{
    bool asks = !world->options.admit_by_clock && !world->options.dead_by_producer &&
                world->workers[request->worker].wall_ms >= 0;
    int64_t until_ms = 0; /* that of the last of its records */
    for (size_t i = 0; i < log->event_count && asks; i++)
        if (span_equal(fake_log_header(log->events[i], HEADER_ID), span_of(request->what.event)) &&
            log->events[i]->timestamp_ms + world_within_ms(log->events[i]) > until_ms)
            until_ms = log->events[i]->timestamp_ms + world_within_ms(log->events[i]);
    if (asks && world->now.wall.ms > until_ms + REMOTE_CLOCK_VAGUE_MS)
        world_fail(world, "%s is posted %lld ms after its time", request->what.event,
                   (long long)(world->now.wall.ms - until_ms));
}

/* A post: below the reach that was committed, in a partition that is not being given up, not too soon after the last. */
static void world_check_post(struct world *world, const struct world_request *request, int32_t partition)
{
    const struct fake_partition *log = &world->log.partitions[partition];
    const struct share *share = &world->workers[request->worker].shares[partition];
    if (share->generation != log->generation)
        return; /* it has read what is gone */
    struct progress progress;
    bool believed = fake_log_believed(log, &progress);
    int64_t offset = world_event_offset(log, request->what.event, believed ? log->committed : log->begin);
    if (!believed) /* everything is in doubt for the next owner, unless nothing was ever committed */
        progress.reach = log->metadata[0] == 0 ? share->end : log->end;
    if (offset < 0 || offset >= progress.reach)
        world_fail(world, "%s is posted at %lld, beyond the committed reach %lld", request->what.event,
                   (long long)offset, (long long)progress.reach);
    world_check_proved(world, request->worker, "posted", offset);
    world_check_open(world, request);
    world_check_late(world, partition, offset);
    world_check_under_way(world, request);
    if (share->revoked)
        world_fail(world, "%s is posted by a worker that gives its partition up", request->what.event);
    const struct fake_conversation *into = request->what.kind == CALL_POST_MESSAGE
                                               ? &world->papercups.conversations[request->what.id - 1]
                                               : NULL;
    unsigned customer = into == NULL ? request->what.id : into->customer;
    if (into != NULL && world->now.mono.ms < into->begun.mono.ms + world->options.new_spacing_ms)
        world_fail(world, "%s is posted %lld ms after its conversation was begun", request->what.event,
                   (long long)(world->now.mono.ms - into->begun.mono.ms));
    world_check_in_time(world, request, log);
    if (offset < 0)
        return;
    const struct record *record = fake_log_event(log, offset);
    world_check_target(world, request, record->key);
    if (world_target(record->key).form == 'e')
        world_check_row(world, request, record, &world->papercups.customers[customer - 1]);
    int64_t from = world_answered_at(world, record->key).ms;
    if (share->assigned_at.ms > from)
        from = share->assigned_at.ms;
    if (world->now.mono.ms < from + world->options.spacing_ms)
        world_fail(world, "%s is posted %lld ms after the last to its address, or after the assignment",
                   request->what.event, (long long)(world->now.mono.ms - from));
}

void world_check_request(struct world *world, const struct world_request *request, int32_t partition)
{
    int32_t in_flight = 0, long_lists = 0;
    for (size_t i = 0; i < world->request_count; i++) {
        const struct world_request *other = &world->requests[i];
        if (other->worker != request->worker || other->what.kind == CALL_ME ||
            strcmp(other->account, request->account) != 0)
            continue;
        if (call_lists(&(struct call){.kind = other->what.kind}) &&
            mono_reached(mono_after(other->asked_at, LONG_LIST_MS), world->now.mono))
            long_lists++; /* they may have given their place away */
        else
            in_flight++;
    }
    if (in_flight > world->options.max_in_flight || long_lists > 2 * world->options.max_in_flight)
        world_fail(world, "%d requests are under way for account %s", (int)in_flight, request->account);
    world_check_doubts(world, request);
    bool into = request->what.kind == CALL_POST_MESSAGE;
    if (!fake_request_posts(&request->what))
        return;
    if (request->what.id > (into ? world->papercups.conversation_count : world->papercups.customer_count)) {
        world_fail(world, "%s is posted to what is not there", request->what.event);
        return;
    }
    world_check_post(world, request, partition);
    world_check_key(world, request);
    if (!into)
        world_check_begun(world, request);
}

/* Whatever the worker's own clock says: it is the broker's that has stamped the record. */
static void world_check_given_up(struct world *world, const struct receipt *receipt)
{
    const struct record *record =
        fake_log_event(&world->log.partitions[receipt->partition], receipt->offset);
    if (receipt->outcome != OUTCOME_GAVE_UP || world->options.admit_by_clock)
        return;
    int64_t left_ms = record->timestamp_ms + world_within_ms(record) - world->now.wall.ms;
    if (left_ms > 0)
        world_fail(world, "%d/%lld is given up %lld ms too early", (int)receipt->partition,
                   (long long)receipt->offset, (long long)left_ms);
}

void world_check_produce(struct world *world, const struct world_produce *produce)
{
    if (strcmp(produce->topic, FAKE_RECEIPTS) != 0) {
        enum outcome outcome =
            outcome_find(SPAN("failed"), fake_log_header(produce->record, "cupbearer-reason"));
        if (outcome != OUTCOME_NONE)
            world_check_proved(world, produce->worker, "given up", produce->record->offset);
        return;
    }
    struct receipt receipt;
    struct json_t *root = NULL;
    if (receipt_read(produce->record->value, &receipt, &root, NULL) != 0)
        return; /* said already */
    if (outcome_has_dead_letter(receipt.outcome) &&
        !world_is_behind(world, produce->worker, receipt.partition) &&
        !fake_log_is_dead(&world->log.partitions[receipt.partition], receipt.offset))
        world_fail(world, "the receipt of %d/%lld comes before its dead letter", (int)receipt.partition,
                   (long long)receipt.offset);
    if (!world_is_behind(world, produce->worker, receipt.partition))
        world_check_given_up(world, &receipt);
    /* What is wrong with a record itself is decided by nobody else in another way; but others may have another keyring. */
    bool by_keyring = receipt.outcome == OUTCOME_ACCOUNT_NOT_GRANTED || receipt.outcome == OUTCOME_KEY_NOT_ACTIVE;
    if (!outcome_is_rejected(receipt.outcome) || by_keyring)
        world_check_proved(world, produce->worker, "decided", receipt.offset);
    json_decref(root);
}

void world_check_commit(struct world *world, const struct world_commit *commit)
{
    const struct fake_partition *log = &world->log.partitions[commit->partition];
    const struct record *record;
    if (commit->generation != log->generation)
        return; /* it is about what is gone */
    bool counts = log->committed >= 0 && log->committed_generation == log->generation;
    for (int64_t at = counts ? log->committed : log->begin;
         (record = fake_log_event(log, at)) != NULL && record->offset < commit->offset;
         at = record->offset + 1)
        if (fake_log_receipts(log, record->offset) == 0)
            world_fail(world, "%d/%lld is committed, and %lld has no receipt", (int)commit->partition,
                       (long long)commit->offset, (long long)record->offset);
    if (counts && commit->offset < log->committed)
        world_fail(world, "%d/%lld is committed after %lld", (int)commit->partition,
                   (long long)commit->offset, (long long)log->committed);
}

/* Records are handed in only where there is room: one may go over the limit. */
#define RECORD_MAX 4096

void world_check_memory(struct world *world, int worker)
{
    size_t used = world->workers[worker].engine->memory_used;
    if (used > (size_t)world->options.memory_bytes + RECORD_MAX)
        world_fail(world, "%zu bytes are used, and %lld are the limit", used,
                   (long long)world->options.memory_bytes);
}

void world_check_deadline(struct world *world, int worker)
{
    struct mono at = engine_deadline(world->workers[worker].engine);
    if (mono_reached(at, world->now.mono))
        world_fail(world, "the engine wants to be woken at once, again and again");
}
