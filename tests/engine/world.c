#include "world.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/partitioner.h"
#include "event/seal.h"
#include "world_take.h"

#define MARK_SECRET "whmk_QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
#define BEGINS_AT_MS 1767225600000 /* 2026-01-01 */

static const unsigned char hash_key[16] = "0123456789abcdef";

struct world_options world_options(void)
{
    return (struct world_options){.partition_count = 1,
                                  .account_count = 2,
                                  .worker_count = 1,
                                  .max_in_flight = 4,
                                  .memory_bytes = 1 << 24,
                                  .window_ms = 3600 * 1000,
                                  .reach_step = ENGINE_REACH_STEP,
                                  .log_check_ms = ENGINE_LOG_CHECK_MS,
                                  .mark_secret = MARK_SECRET};
}

struct key world_key(const char *text)
{
    struct key key;
    struct err err;
    if (key_read(span_of(text), &key, &err) != 0)
        abort();
    return key;
}

static struct engine *world_engine(struct world *world, int worker)
{
    const struct world_options *o = &world->options;
    struct account_options accounts[WORLD_ACCOUNTS_MAX];
    size_t account_count = world_accounts(world, worker, accounts);
    struct engine_options options = {
        .events_topic = FAKE_EVENTS,
        .receipts_topic = FAKE_RECEIPTS,
        .dead_topic = FAKE_DEAD,
        .partitioner = PARTITIONER_MURMUR2,
        .partition_count = o->partition_count,
        .admit_by_clock = o->admit_by_clock,
        .window_ms = o->window_ms,
        .limits = {.http_timeout_ms = WORLD_HTTP_MS,
                   .settle_ms = WORLD_SETTLE_MS,
                   .unknown_for_ms = o->unknown_for_ms == 0 ? 3600 * 1000 : o->unknown_for_ms,
                   .new_spacing_ms = o->new_spacing_ms},
        .spacing_ms = o->spacing_ms,
        .look_ms = o->look_ms,
        .flood_limit = o->flood_limit,
        .lease_ms = o->lease_ms,
        .drain_ms = WORLD_DRAIN_MS,
        .reach_step = o->reach_step,
        .log_check_ms = o->log_check_ms,
        .memory_bytes = o->memory_bytes,
        .name_events = true,
        .seed = o->seed,
        .trace = &world->workers[worker].trace,
        .member = {world->workers[worker].name, (uint64_t)worker},
        .accounts = accounts,
        .account_count = account_count};
    memcpy(options.hash_key, hash_key, sizeof(hash_key));
    const struct worker *w = &world->workers[worker];
    struct keyring *keyring = world_keyring_read(&w->keyring, hash_key);
    world_note_keyring(world, &w->keyring);
    bool has_own = w->mark_secret != NULL;
    const char *secret = has_own ? w->mark_secret : o->mark_secret;
    const char *before = has_own ? w->previous_mark_secret : o->previous_mark_secret;
    struct key previous = {0};
    if (before != NULL)
        previous = world_key(before);
    return engine_new(&options, keyring, world_key(secret), before == NULL ? NULL : &previous);
}

struct world *world_new(const struct world_options *options)
{
    struct world *world = mem_new(1, sizeof(*world));
    if (sodium_init() < 0)
        abort();
    world->options = *options;
    world->now = (struct moment){{1000000}, {BEGINS_AT_MS}};
    for (size_t i = 0; i < WORLD_KEYS; i++)
        world->signing_keys[i] = world_signing_key(i);
    world->mark_secret = world_key(options->mark_secret);
    world->papercups.now = world->now.mono;
    world->papercups.unique_marks = options->unique_marks;
    world->papercups.page_size = options->customers_page;
    fake_log_init(&world->log, options->partition_count);
    buf_init(&world->trace, 1 << 24);
    for (int i = 0; i < options->worker_count; i++) {
        world->workers[i].shares = mem_new((size_t)options->partition_count, sizeof(struct share));
        world->workers[i].widget_host = WORLD_HOST;
        world->workers[i].accounts = ((1u << options->account_count) - 1) & ~options->late_accounts;
        world->workers[i].keyring = world_keyring();
        world->workers[i].name = options->named ? (unsigned)i + 1 : 0;
        world->workers[i].world = world;
        world->workers[i].number = i;
        world->workers[i].trace = (struct trace){world_hear, &world->workers[i]};
        world->workers[i].engine = world_engine(world, i);
    }
    return world;
}

void world_free(struct world *world)
{
    for (int i = 0; i < world->options.worker_count; i++) {
        engine_free(world->workers[i].engine);
        free(world->workers[i].shares);
    }
    for (size_t i = 0; i < world->request_count; i++)
        buf_done(&world->requests[i].body);
    for (size_t i = 0; i < world->produce_count; i++)
        free(world->produces[i].record);
    free(world->requests);
    free(world->produces);
    free(world->commits);
    free(world->lates);
    free(world->late_commits);
    world_forget_answers(world);
    free(world->answered);
    fake_log_done(&world->log);
    fake_papercups_done(&world->papercups);
    for (size_t i = 0; i < WORLD_KEYS; i++)
        key_done(&world->signing_keys[i]);
    key_done(&world->mark_secret);
    buf_done(&world->trace);
    free(world);
}

/* The beginning of a line. */
static void world_begin_line(struct world *world, int worker)
{
    int64_t ms = world->now.mono.ms - 1000000;
    if (world->verbose)
        buf_printf(&world->trace, "%5lld.%03d ", (long long)ms / 1000, (int)(ms % 1000));
    if (world->options.worker_count > 1 && worker >= 0)
        buf_printf(&world->trace, "%c ", 'A' + worker);
    else if (world->options.worker_count > 1 && world->verbose)
        buf_add_text(&world->trace, "  ");
}

void world_note(struct world *world, int worker, const char *format, ...)
{
    va_list args;
    world_begin_line(world, worker);
    va_start(args, format);
    buf_add_text(&world->trace, world->verbose ? "> " : "");
    buf_vprintf(&world->trace, format, args);
    va_end(args);
    buf_add_text(&world->trace, "\n");
}

void world_tell(struct world *world, int worker, const char *format, ...)
{
    va_list args;
    if (!world->verbose)
        return;
    world_begin_line(world, worker);
    va_start(args, format);
    buf_vprintf(&world->trace, format, args);
    va_end(args);
    buf_add_text(&world->trace, "\n");
}

void world_fail(struct world *world, const char *format, ...)
{
    if (world->failure[0] != 0)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(world->failure, sizeof(world->failure), format, args);
    va_end(args);
    world_note(world, WORLD_NOBODY, "BREACH: %s", world->failure);
}

/* ---- events ---- */

const struct record *world_publish(struct world *world, const struct publication *publication)
{
    struct buf payload;
    buf_init(&payload, 1024);
    buf_printf(&payload, "{\"account\":\"%s\",\"to\":",
               publication->account == NULL ? WORLD_ACCOUNT : publication->account);
    world_write_target(&payload, publication);
    buf_add_text(&payload, ",\"message\":{\"body\":\"Hello\"}");
    if (publication->deliver_within_s > 0)
        buf_printf(&payload, ",\"deliver_within\":%lld", (long long)publication->deliver_within_s);
    buf_add_text(&payload, "}");
    int64_t signed_at_s =
        publication->signed_at_s == 0 ? world->now.wall.ms / 1000 : publication->signed_at_s;
    struct sealed sealed;
    if (seal(&sealed, &world->signing_keys[publication->key], span_of(world_key_id(publication->key)),
             span_of(publication->event_id), signed_at_s, buf_span(&payload), NULL) != 0)
        abort();
    if (publication->forged)
        sealed.signature[3] = sealed.signature[3] == 'A' ? 'B' : 'A';
    struct world_trace trace;
    world_trace_init(&trace, publication->trace);
    struct header headers[4 + sizeof(trace.headers) / sizeof(*trace.headers)] = {
        {SPAN(HEADER_ID), span_of(sealed.event_id)},
        {SPAN(HEADER_TIMESTAMP), span_of(sealed.timestamp)},
        {SPAN(HEADER_SIGNATURE), span_of(sealed.signature)},
        {SPAN(HEADER_KEY), span_of(sealed.key_id)}};
    memcpy(&headers[4], trace.headers, trace.count * sizeof(*headers));
    struct span key = buf_span(&sealed.routing_key);
    const struct record record = {
        .partition = partitioner_partition(PARTITIONER_MURMUR2, key, world->options.partition_count),
        .timestamp_ms = world->now.wall.ms,
        .key = key,
        .value = buf_span(&payload),
        .headers = headers,
        .header_count = 4 + trace.count};
    const struct record *published = fake_log_publish(&world->log, &record);
    world_note_unknown(world, published->key);
    world_tell_published(world, published,
                         publication->forged             ? ", forged"
                         : publication->signed_at_s != 0 ? ", signed too early"
                                                         : "");
    sealed_done(&sealed);
    buf_done(&payload);
    return published;
}

const struct record *world_repeat(struct world *world, const struct record *record)
{
    struct record again = *record;
    again.timestamp_ms = world->now.wall.ms;
    const struct record *published = fake_log_publish(&world->log, &again);
    world_note_unknown(world, published->key);
    world_tell_published(world, published, ", the same bytes");
    return published;
}

void world_mark(const struct world *world, const char *routing_key, const char *event_id, char out[26])
{
    struct identity_key key;
    identity_key_init(&key, &world->mark_secret);
    struct identity identity = identity_of(&key, span_of(routing_key), SPAN("shop"), span_of(event_id));
    identity_mark(&identity, out);
}

/* ---- crashes and time ---- */

void world_crash(struct world *world, int worker)
{
    struct worker *w = &world->workers[worker];
    world_begin_line(world, worker);
    buf_add_text(&world->trace, "crashes\n");
    world_excuse(world, worker, -1);
    engine_free(w->engine);
    world->options.seed++;
    w->engine = world_engine(world, worker);
    w->stopped = w->frozen = w->refused = w->proved = w->ousted = false;
    memset(w->doubts, 0, sizeof(w->doubts));
    memset(w->me_refused, 0, sizeof(w->me_refused));
    memset(w->shares, 0, (size_t)world->options.partition_count * sizeof(struct share));
    for (size_t i = 0; i < world->request_count; i++) {
        struct world_request *request = &world->requests[i];
        if (request->worker != worker)
            continue;
        request->worker = WORLD_NOBODY;
        if (request->unwritten)
            request->status = -1; /* it never left */
    }
    for (size_t i = 0; i < world->produce_count; i++)
        if (world->produces[i].worker == worker)
            world->produces[i].worker = WORLD_NOBODY;
    for (size_t i = 0; i < world->commit_count; i++)
        if (world->commits[i].worker == worker)
            world->commits[i].worker = WORLD_NOBODY;
}

struct mono world_next(const struct world *world)
{
    struct mono at = MONO_NEVER;
    for (int i = 0; i < world->options.worker_count; i++)
        if (!world->workers[i].frozen)
            at = mono_earlier(at, engine_deadline(world->workers[i].engine));
    for (size_t i = 0; i < world->late_count; i++)
        at = mono_earlier(at, world->lates[i].at);
    for (size_t i = 0; i < world->late_commit_count; i++)
        at = mono_earlier(at, world->late_commits[i].at);
    at = mono_earlier(at, world_next_due(world));
    return mono_later(at, world->now.mono); /* who was frozen is late */
}

static void world_give_away(struct world *world, int worker)
{
    world_excuse(world, worker, -1);
    for (int32_t i = 0; i < world->options.partition_count; i++)
        world->workers[worker].shares[i].given_away = world->workers[worker].shares[i].held;
    for (size_t i = 0; i < world->commit_count; i++)
        world->commits[i].fenced = world->commits[i].fenced || world->commits[i].worker == worker;
}

static void world_apply_late_commits(struct world *world)
{
    for (size_t i = world->late_commit_count; i > 0; i--) {
        struct world_late_commit late = world->late_commits[i - 1];
        if (!mono_reached(late.at, world->now.mono))
            continue;
        world->late_commits[i - 1] = world->late_commits[--world->late_commit_count];
        if (!late.what.fenced)
            world_store_commit(world, &late.what);
        world_tell(world, WORLD_NOBODY, "late commit %d/%lld: %s", (int)late.what.partition,
                   (long long)late.what.offset, late.what.fenced ? "refused" : "applied");
    }
}

void world_advance(struct world *world, struct mono to)
{
    assert(to.ms >= world->now.mono.ms);
    world->now.wall.ms += to.ms - world->now.mono.ms;
    world->now.mono = world->papercups.now = to;
    for (size_t i = world->late_count; i > 0; i--) {
        struct world_late late = world->lates[i - 1];
        if (!mono_reached(late.at, to))
            continue;
        world->lates[i - 1] = world->lates[--world->late_count];
        world_store(world, late.account, &late.what);
        world_tell_request(world, WORLD_NOBODY, &late.what, "stored late");
    }
    world_apply_late_commits(world);
    for (int i = 0; i < world->options.worker_count; i++) {
        struct worker *w = &world->workers[i];
        if (!w->frozen)
            world_tick(world, i);
        else if (mono_reached(mono_after(w->frozen_at, WORLD_SESSION_MS), to))
            world_give_away(world, i);
    }
}

void world_pass(struct world *world, int64_t ms)
{
    struct mono end = mono_after(world->now.mono, ms);
    for (;;) {
        struct mono next = world_next(world);
        if (next.ms > end.ms)
            break;
        world_advance(world, next);
    }
    world_advance(world, end);
}

void world_go_for(struct world *world, int64_t ms)
{
    struct mono end = mono_after(world->now.mono, ms);
    world_go(world);
    for (;;) {
        struct mono next = world_next(world);
        if (next.ms > end.ms)
            break;
        world_advance(world, next);
        world_go(world);
    }
    world_advance(world, end);
    world_go(world);
}
