#include "chaos.h"

#include <stdio.h>

#include "base/rng.h"
#include "chaos_check.h"
#include "world.h"

#define STEPS  500
#define EVENTS 30

struct chaos {
    struct world *world;
    struct rng rng;
    int events;
    bool stopping[WORLD_WORKERS_MAX];
};

static int64_t chaos_below(struct chaos *chaos, int64_t bound)
{
    return rng_below(&chaos->rng, bound);
}

static bool chaos_chance(struct chaos *chaos, int64_t per_cent)
{
    return chaos_below(chaos, 100) < per_cent;
}

/* ---- events ---- */

static const char *const customers[] = {"ann", "ben", "cid", "dan"};

/* An earlier one once more: the same bytes. */
static bool chaos_repeat(struct chaos *chaos)
{
    struct fake_partition *log =
        &chaos->world->log.partitions[chaos_below(chaos, chaos->world->options.partition_count)];
    if (log->event_count == 0)
        return false;
    world_repeat(chaos->world, log->events[chaos_below(chaos, (int64_t)log->event_count)]);
    return true;
}

static void chaos_publish(struct chaos *chaos)
{
    struct world *world = chaos->world;
    char event_id[16];
    if (chaos->events == EVENTS || (chaos_chance(chaos, 10) && chaos_repeat(chaos)))
        return;
    /* Few ids: some are signed anew. */
    snprintf(event_id, sizeof(event_id), "e%d",
             (int)chaos_below(chaos, chaos_chance(chaos, 20) ? chaos->events + 1 : 1) == 0
                 ? chaos->events
                 : (int)chaos_below(chaos, chaos->events + 1));
    chaos->events++;
    struct publication publication = {.customer = customers[chaos_below(chaos, 4)],
                                      .account = chaos_chance(chaos, 20) ? WORLD_ACCOUNT_2 : NULL,
                                      .event_id = event_id,
                                      .forged = chaos_chance(chaos, 3)};
    if (chaos_chance(chaos, 3))
        publication.signed_at_s = world->now.wall.ms / 1000 - 100;
    if (chaos_chance(chaos, 10))
        publication.deliver_within_s = 20;
    if (chaos_chance(chaos, 5))
        world->log.partitions[chaos_below(chaos, world->options.partition_count)].end += 2;
    world_publish(world, &publication);
}

/* ---- what becomes of what was sent ---- */

static bool is_frozen(const struct chaos *chaos, int worker)
{
    return worker >= 0 && chaos->world->workers[worker].frozen;
}

static enum fate chaos_fate(struct chaos *chaos)
{
    static const enum fate lost[] = {FATE_LOST, FATE_LOST_STORED, FATE_LOST_STORED_LATE};
    int64_t dice = chaos_below(chaos, 100);
    if (dice < 75)
        return FATE_DONE;
    if (dice < 90)
        return lost[chaos_below(chaos, 3)];
    return (enum fate)chaos_below(chaos, FATE_COUNT);
}

static void chaos_answer(struct chaos *chaos)
{
    struct world *world = chaos->world;
    if (world->request_count == 0)
        return;
    size_t place = (size_t)chaos_below(chaos, (int64_t)world->request_count);
    const struct world_request *request = &world->requests[place];
    if (is_frozen(chaos, request->worker))
        world_arrive(world, place, chaos_chance(chaos, 50));
    else if (!fake_request_writes(&request->what) && request->status == 0 && chaos_chance(chaos, 30))
        world_look(world, place);
    else
        world_answer(world, place, chaos_fate(chaos));
}

/* A producer keeps the order within a partition: the oldest of the chosen one's topic, partition and worker. */
static void chaos_acknowledge(struct chaos *chaos)
{
    struct world *world = chaos->world;
    if (world->produce_count == 0)
        return;
    const struct world_produce *chosen = &world->produces[chaos_below(chaos, (int64_t)world->produce_count)];
    size_t place = 0;
    while (world->produces[place].worker != chosen->worker || world->produces[place].topic != chosen->topic ||
           world->produces[place].record->partition != chosen->record->partition)
        place++;
    if (is_frozen(chaos, world->produces[place].worker))
        return;
    enum produced produced = chaos_chance(chaos, 93) ? PRODUCED_OK
                             : chosen->topic[0] == FAKE_DEAD[0] && chaos_chance(chaos, 50)
                                 ? PRODUCED_TOO_LARGE
                                 : PRODUCED_FAILED;
    world_acknowledge(world, place, produced);
}

/* The oldest of the chosen one's partition: a consumer keeps their order. */
static void chaos_commit(struct chaos *chaos)
{
    struct world *world = chaos->world;
    if (world->commit_count == 0)
        return;
    int32_t partition = world->commits[chaos_below(chaos, (int64_t)world->commit_count)].partition;
    size_t place = 0;
    while (world->commits[place].partition != partition)
        place++;
    if (is_frozen(chaos, world->commits[place].worker))
        return;
    if (chaos_chance(chaos, 5)) {
        world_commit_late(world, place, chaos_below(chaos, WORLD_COMMIT_MS));
        return;
    }
    bool applied = chaos_chance(chaos, 92) && !world->commits[place].fenced;
    world_committed(world, place, applied, applied && chaos_chance(chaos, 92));
}

/* Requests end by their timeout at the latest. */
static void chaos_time_out(struct chaos *chaos)
{
    static const enum fate lost[] = {FATE_LOST, FATE_LOST_STORED, FATE_LOST_STORED_LATE};
    struct world *world = chaos->world;
    for (size_t i = 0; i < world->request_count;) {
        bool over = mono_reached(mono_after(world->requests[i].sent_at, WORLD_HTTP_MS), world->now.mono);
        if (over && is_frozen(chaos, world->requests[i].worker))
            world_arrive(world, i++, chaos_chance(chaos, 50));
        else if (over)
            world_answer(world, i, lost[chaos_below(chaos, 3)]);
        else
            i++;
    }
}

static void chaos_advance(struct chaos *chaos)
{
    struct world *world = chaos->world;
    struct mono to = mono_after(world->now.mono, 1 + chaos_below(chaos, 400));
    struct mono next = world_next(world);
    if (chaos_chance(chaos, 50) && next.ms - world->now.mono.ms < 60000)
        to = next;
    for (size_t i = 0; i < world->request_count; i++)
        if (world->requests[i].status == 0 || !is_frozen(chaos, world->requests[i].worker))
            to = mono_earlier(to, mono_after(world->requests[i].sent_at, WORLD_HTTP_MS));
    if (mono_reached(next, to))
        to = next; /* never beyond what somebody waits for */
    world_advance(world, mono_later(to, world->now.mono));
    chaos_time_out(chaos);
}

/* ---- workers and partitions ---- */

/* A failed receipt of another worker, which was frozen or killed, arrives before the new owner reads the receipts, or
 * never. (Later: the owner has posted the event, crashes before its own receipt, and the third takes it for failed.) */
static void chaos_flush(struct chaos *chaos, int worker, int32_t partition)
{
    struct world *world = chaos->world;
    for (size_t i = 0; i < world->produce_count;) {
        const struct record *record = world->produces[i].record;
        if (record->partition == partition && world->produces[i].worker != worker &&
            !world->produces[i].written && outcome_is_failed(fake_receipt_outcome(record))) {
            if (is_frozen(chaos, world->produces[i].worker))
                world_write(world, i);
            else
                world_acknowledge(world, i, chaos_chance(chaos, 50) ? PRODUCED_OK : PRODUCED_FAILED);
        } else
            i++;
    }
}

/* Who was frozen learns sooner or later what was taken from it; before it is given anything new, in any case. */
static void chaos_learn(struct chaos *chaos, int worker)
{
    for (int32_t i = 0; i < chaos->world->options.partition_count; i++)
        if (chaos->world->workers[worker].shares[i].given_away)
            world_lose(chaos->world, worker, i);
}

static void chaos_assign(struct chaos *chaos, int32_t partition)
{
    int worker = (int)chaos_below(chaos, chaos->world->options.worker_count);
    if (chaos->stopping[worker] || is_frozen(chaos, worker) ||
        chaos->world->workers[worker].shares[partition].held)
        return;
    if (world_owner(chaos->world, partition) == WORLD_NOBODY) {
        chaos_learn(chaos, worker);
        chaos_flush(chaos, worker, partition);
        world_assign(chaos->world, worker, partition);
    }
}

static void chaos_partition(struct chaos *chaos)
{
    struct world *world = chaos->world;
    int32_t partition = (int32_t)chaos_below(chaos, world->options.partition_count);
    int owner = world_owner(world, partition);
    if (owner == WORLD_NOBODY) {
        chaos_assign(chaos, partition);
        return;
    }
    const struct share *share = &world->workers[owner].shares[partition];
    if (is_frozen(chaos, owner))
        return;
    if (share->reading && chaos_chance(chaos, 70))
        world_rebuild(world, owner, partition);
    else if (!share->revoked && chaos_chance(chaos, 3))
        world_revoke(world, owner, partition);
    else if (chaos_chance(chaos, 1))
        world_lose(world, owner, partition);
    else
        world_feed(world, owner, partition);
}

static void chaos_worker(struct chaos *chaos)
{
    struct world *world = chaos->world;
    int worker = (int)chaos_below(chaos, world->options.worker_count);
    if (is_frozen(chaos, worker)) {
        world_thaw(world, worker);
        return;
    }
    if (chaos_chance(chaos, 30) && !chaos->stopping[worker] && !world->workers[worker].stopped) {
        world_freeze(world, worker);
        return;
    }
    chaos_learn(chaos, worker);
    if (world->workers[worker].stopped || chaos_chance(chaos, 10)) {
        world_crash(world, worker);
        chaos->stopping[worker] = false;
    } else if (!chaos->stopping[worker] && chaos_chance(chaos, 5)) {
        world_stop(world, worker);
        chaos->stopping[worker] = true;
    }
}

static void chaos_step(struct chaos *chaos)
{
    int64_t dice = chaos_below(chaos, 1000);
    if (dice < 60)
        chaos_publish(chaos);
    else if (dice < 350)
        chaos_partition(chaos);
    else if (dice < 600)
        chaos_answer(chaos);
    else if (dice < 730)
        chaos_acknowledge(chaos);
    else if (dice < 800)
        chaos_commit(chaos);
    else if (dice < 980)
        chaos_advance(chaos);
    else
        chaos_worker(chaos);
}

/* Nothing goes wrong any more: everything must come to its end. */
static void chaos_calm(struct chaos *chaos)
{
    struct world *world = chaos->world;
    for (int hours = 0; hours < 4 && world->failure[0] == 0; hours++) {
        for (int i = 0; i < world->options.worker_count; i++) {
            if (world->workers[i].frozen)
                world_thaw(world, i);
            chaos_learn(chaos, i);
            if (chaos->stopping[i])
                world_go_for(world, WORLD_DRAIN_MS + 1000);
            if (world->workers[i].stopped)
                world_crash(world, i);
            chaos->stopping[i] = false;
        }
        for (int32_t i = 0; i < world->options.partition_count; i++)
            chaos_assign(chaos, i);
        world_go_for(world, hours < 3 ? 60000 : 3 * 3600 * 1000);
    }
}

static struct world *chaos_world(struct chaos *chaos)
{
    struct world_options options = world_options();
    options.partition_count = 1 + (int32_t)chaos_below(chaos, 3);
    options.worker_count = 1 + (int)chaos_below(chaos, 3);
    options.max_in_flight = 1 + (int32_t)chaos_below(chaos, 4);
    options.spacing_ms = chaos_chance(chaos, 50) ? 1000 : 0;
    options.flood_limit = chaos_chance(chaos, 20) ? 3 : 0;
    options.memory_bytes = chaos_chance(chaos, 30) ? 8000 : 1 << 20;
    options.account_memory_bytes = chaos_chance(chaos, 30) ? 6000 : 0;
    options.lease_ms = WORLD_LEASE_MS;
    options.unassign = chaos_chance(chaos, 30);
    options.window_ms = 7LL * 24 * 3600 * 1000;
    options.admit_by_clock = chaos_chance(chaos, 25);
    options.seed = rng_next(&chaos->rng);
    return world_new(&options);
}

bool chaos_run(uint64_t seed, bool verbose, struct buf *report)
{
    struct chaos chaos = {.rng = {seed * 0x9e3779b97f4a7c15u}};
    struct world *world = chaos.world = chaos_world(&chaos);
    world->verbose = verbose;
    for (int i = 0; i < STEPS && world->failure[0] == 0; i++)
        chaos_step(&chaos);
    chaos_calm(&chaos);
    if (world->failure[0] == 0)
        chaos_check(world);
    bool good = world->failure[0] == 0;
    if (!good)
        buf_printf(report, "%s\n%s", verbose ? world->trace.data : "", world->failure);
    world_free(world);
    return good;
}
