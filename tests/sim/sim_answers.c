#include <stdlib.h>

#include "sim/sim_internal.h"

/* Longer than the settle time, which are the windows that `slow` and `stale` open. */
#define SLOW_MS 120000

/* What a frozen worker has handed to its kernel arrives or not, whatever happens to the worker. */
static bool sim_arrives_alone(const struct sim *sim, const struct world_request *request)
{
    return sim_is_frozen(sim, request->worker) && !request->unwritten;
}

static bool sim_is_held(const struct sim *sim, const struct world_request *request)
{
    return sim_is_frozen(sim, request->worker) && (request->status != 0 || request->unwritten);
}

void sim_arrive_alone(struct sim *sim)
{
    for (size_t i = 0; i < sim->world->request_count; i++)
        if (sim_arrives_alone(sim, &sim->world->requests[i]))
            world_arrive(sim->world, i, sim_chance(sim, 50));
}

/* ---- answers of Papercups ---- */

static enum fate sim_lost(struct sim *sim)
{
    static const enum fate lost[] = {FATE_LOST, FATE_LOST_STORED, FATE_LOST_STORED_LATE};
    return lost[sim_below(sim, 3)];
}

static enum fate sim_fate(struct sim *sim)
{
    int64_t dice = sim_below(sim, 100);
    if (dice < 75)
        return FATE_DONE;
    if (dice < 90)
        return sim_lost(sim);
    enum fate fate = (enum fate)sim_below(sim, FATE_UNAVAILABLE_STORED);
    if (fate == FATE_GARBAGE && sim_chance(sim, 50))
        return FATE_TOO_LARGE;
    return fate == FATE_BUSY && sim_chance(sim, 50) ? FATE_UNAVAILABLE_STORED : fate;
}

/* Right before a message comes, an agent closes its conversation. */
static void sim_agent(struct sim *sim, const struct world_request *request)
{
    if (request->what.kind == CALL_POST_MESSAGE && request->status == 0 && sim_chance(sim, 10))
        world_close(sim->world, request->what.id);
}

/* Some events are answered 500 for ever, though others are taken. */
static bool sim_is_bad(const struct sim *sim, const char *event)
{
    uint64_t number = strtoul(event + 1, NULL, 10) * 0x9e3779b97f4a7c15u + sim->options.seed;
    return (int64_t)(number >> 57) * 100 < sim->weather.bad_events * 128;
}

static enum fate sim_post_fate(struct sim *sim, const struct fake_request *what, enum fate fate)
{
    if (!mono_reached(sim->outage_until, sim->world->now.mono))
        return FATE_ERROR;
    if (sim_is_bad(sim, what->event))
        return sim_chance(sim, 50) ? FATE_ERROR : FATE_LOST;
    return sim->weather.refusals > 0 && sim_chance(sim, sim->weather.refusals) ? FATE_REFUSED : fate;
}

/* Here and there a cache answers; dice of its own, as in sim_log.c. */
static bool sim_swaps(struct sim *sim, size_t place, enum fate fate)
{
    const struct world_request *request = &sim->world->requests[place];
    if (sim->swaps == 0 || fate != FATE_DONE || request->status != 0 || request->too_late ||
        rng_below(&sim->swap_rng, 1000) >= sim->swaps)
        return false;
    enum world_other other = (enum world_other)rng_below(&sim->swap_rng, OTHER_STALE + 1);
    return world_answer_other(sim->world, place, other, rng_next(&sim->swap_rng) >> 1);
}

/* How stale the list is that is being read. */
static void sim_read(struct sim *sim)
{
    if (sim->options.windows.stale && sim_chance(sim, 50))
        sim->world->papercups.behind_ms = WORLD_SETTLE_MS + sim_below(sim, SLOW_MS);
}

static void sim_answered(struct sim *sim, size_t place, enum fate fate)
{
    struct world *world = sim->world;
    const struct world_request *request = &world->requests[place];
    if (fake_request_posts(&request->what) && request->status == 0)
        fate = sim_post_fate(sim, &request->what, fate);
    fate = sim_proxy(sim, request, fate);
    bool late = fate == FATE_LOST_STORED_LATE || fate == FATE_ERROR_STORED_LATE;
    if (sim->world->options.look_ms > 0)
        sim_agent(sim, &world->requests[place]);
    if (late && sim->options.windows.slow && sim_chance(sim, 50) && world->requests[place].status == 0) {
        world_late(world, &world->requests[place], WORLD_SETTLE_MS + sim_below(sim, SLOW_MS));
        fate = fate == FATE_LOST_STORED_LATE ? FATE_LOST : FATE_ERROR;
    }
    sim_read(sim);
    if (!sim_swaps(sim, place, fate))
        world_answer(world, place, fate);
    world->papercups.behind_ms = 0;
}

void sim_answer(struct sim *sim)
{
    struct world *world = sim->world;
    if (world->request_count == 0)
        return;
    size_t place = (size_t)sim_below(sim, (int64_t)world->request_count);
    const struct world_request *request = &world->requests[place];
    if (sim_arrives_alone(sim, request)) {
        world_arrive(world, place, sim_chance(sim, 50));
    } else if (sim_is_held(sim, request) || !world_is_due(world, request)) {
        return;
    } else if (!fake_request_writes(&request->what) && request->status == 0 && !world_is_away(world, request) &&
               sim_chance(sim, 30)) {
        sim_read(sim);
        world_look(world, place);
        world->papercups.behind_ms = 0;
    } else {
        sim_answered(sim, place, sim_fate(sim));
    }
}

/* ---- Kafka ---- */

/* A producer keeps the order within a partition: the oldest with the chosen one's topic, partition and worker. What a frozen,
 * cut-off or killed worker has handed to its kernel is written at any time, even after others have read the receipts and acted on
 * them, or never. */
void sim_acknowledge(struct sim *sim)
{
    struct world *world = sim->world;
    if (world->produce_count == 0)
        return;
    const struct world_produce *chosen = &world->produces[sim_below(sim, (int64_t)world->produce_count)];
    size_t place = 0;
    bool frozen = sim_is_frozen(sim, chosen->worker);
    if (frozen && chosen->written)
        return;
    while (world->produces[place].worker != chosen->worker || world->produces[place].topic != chosen->topic ||
           world->produces[place].record->partition != chosen->record->partition ||
           (frozen && world->produces[place].written))
        place++;
    if (frozen) {
        world_write(world, place);
        return;
    }
    int64_t fails = sim->weather.unwritten[chosen->topic[0] == FAKE_DEAD[0]];
    enum produced produced = sim_chance(sim, 100 - fails)                              ? PRODUCED_OK
                             : chosen->topic[0] == FAKE_DEAD[0] && sim_chance(sim, 50) ? PRODUCED_TOO_LARGE
                                                                                       : PRODUCED_FAILED;
    world_acknowledge(world, place, produced);
}

/* The oldest of the chosen one's partition: a consumer keeps its order. */
void sim_commit(struct sim *sim)
{
    struct world *world = sim->world;
    if (world->commit_count == 0)
        return;
    int32_t partition = world->commits[sim_below(sim, (int64_t)world->commit_count)].partition;
    size_t place = 0;
    while (world->commits[place].partition != partition)
        place++;
    if (sim_is_frozen(sim, world->commits[place].worker))
        return;
    if (sim_chance(sim, sim->weather.late_commits)) {
        world_commit_late(world, place, sim_below(sim, WORLD_COMMIT_MS));
        return;
    }
    bool applied = sim_chance(sim, 92) && !world->commits[place].fenced;
    world_committed(world, place, applied, applied && sim_chance(sim, 92));
}

/* ---- time ---- */

void sim_give_up_requests(struct sim *sim)
{
    while (sim->world->request_count > 0)
        sim_answered(sim, 0, sim_lost(sim));
}

/* Requests end by their timeout at the latest. */
static void sim_time_out(struct sim *sim)
{
    struct world *world = sim->world;
    for (size_t i = 0; i < world->request_count;) {
        const struct world_request *request = &world->requests[i];
        bool over = mono_reached(mono_after(request->sent_at, WORLD_HTTP_MS), world->now.mono);
        if (over && sim_arrives_alone(sim, request))
            world_arrive(world, i++, sim_chance(sim, 50));
        else if (over && !sim_is_held(sim, request))
            sim_answered(sim, i, sim_lost(sim));
        else
            i++;
    }
}

void sim_advance(struct sim *sim)
{
    struct world *world = sim->world;
    struct mono to = mono_after(world->now.mono, 1 + sim_below(sim, sim->stride_ms));
    struct mono next = world_next(world);
    if (sim_chance(sim, 50) && next.ms - world->now.mono.ms < 60000)
        to = next;
    for (size_t i = 0; i < world->request_count; i++)
        if (!sim_is_held(sim, &world->requests[i]))
            to = mono_earlier(to, mono_after(world->requests[i].sent_at, WORLD_HTTP_MS));
    if (mono_reached(next, to))
        to = next; /* never beyond the next deadline */
    world_advance(world, mono_later(to, world->now.mono));
    sim_time_out(sim);
}
