#include "sim/sim_internal.h"

bool sim_is_frozen(const struct sim *sim, int worker)
{
    return worker >= 0 && sim->world->workers[worker].frozen;
}

bool sim_is_anyone_frozen(const struct sim *sim)
{
    for (int i = 0; i < sim->world->options.worker_count; i++)
        if (sim_is_frozen(sim, i))
            return true;
    return false;
}

/* ---- partitions ---- */

void sim_learn(struct sim *sim, int worker)
{
    for (int32_t i = 0; i < sim->world->options.partition_count; i++)
        if (sim->world->workers[worker].shares[i].given_away)
            world_lose(sim->world, worker, i);
}

void sim_assign(struct sim *sim, int32_t partition)
{
    int worker = (int)sim_below(sim, sim->world->options.worker_count);
    if (sim->stopping[worker] || sim_is_frozen(sim, worker) || sim->world->workers[worker].ousted ||
        !world_may_have(sim->world, worker, partition) || sim->world->workers[worker].shares[partition].held ||
        world_owner(sim->world, partition) != WORLD_NOBODY)
        return;
    sim_learn(sim, worker); /* in any case before it gets anything new */
    world_assign(sim->world, worker, partition);
}

static bool sim_is_unused(const struct sim *sim, int32_t partition)
{
    const struct world *world = sim->world;
    for (int i = 0; i < world->options.worker_count; i++)
        if (world->workers[i].shares[partition].held)
            return false;
    for (size_t i = 0; i < world->produce_count; i++)
        if (world->produces[i].record->partition == partition)
            return false;
    return true;
}

/* Everything of events from now on has other ids. */
static bool sim_make_again(struct sim *sim, int32_t partition)
{
    if (!sim_is_unused(sim, partition))
        return false;
    world_make_again(sim->world, partition);
    world_advance(sim->world, mono_after(sim->world->now.mono, 1)); /* its records are younger than the old ones */
    sim->first_event = sim->events;
    return true;
}

/* A worker that does not know yet that another has its partitions goes on reading. */
static bool sim_ousted_goes_on(struct sim *sim, int32_t partition)
{
    struct world *world = sim->world;
    for (int i = 0; i < world->options.worker_count; i++) {
        const struct share *share = &world->workers[i].shares[partition];
        if (!world->workers[i].ousted || !share->held || sim_is_frozen(sim, i) || sim_chance(sim, 50))
            continue;
        if (share->reading)
            world_rebuild(world, i, partition);
        else
            world_feed(world, i, partition);
        return true;
    }
    return false;
}

void sim_partition(struct sim *sim)
{
    struct world *world = sim->world;
    int32_t partition = (int32_t)sim_below(sim, world->options.partition_count);
    if (sim_ousted_goes_on(sim, partition))
        return;
    int owner = world_owner(world, partition);
    if (owner == WORLD_NOBODY) {
        if (!sim_chance(sim, 3) || !sim_make_again(sim, partition))
            sim_assign(sim, partition);
        return;
    }
    const struct share *share = &world->workers[owner].shares[partition];
    if (sim_is_frozen(sim, owner))
        return;
    if (share->check != 0 && sim_log_check(sim, owner, partition))
        return;
    if (share->reading && sim_chance(sim, 70)) {
        world_rebuild(world, owner, partition);
    } else if (!share->revoked && sim_chance(sim, sim->unrest)) {
        world_revoke(world, owner, partition);
        sim->result->rebalances++;
    } else if (sim_chance(sim, (sim->unrest + 1) / 2)) {
        world_lose(world, owner, partition);
        sim->result->rebalances++;
    } else {
        world_feed(world, owner, partition);
    }
}

/* ---- workers ---- */

void sim_set_clock(struct sim *sim, int worker, int64_t chosen_ms)
{
    /* What a slow clock calls finished is so too early: its window ends too early as well. */
    if (chosen_ms < -3000 && sim->world->options.window_ms < SIM_LONG_MS &&
        !sim->world->options.admit_by_clock)
        return;
    if (chosen_ms == sim->world->workers[worker].wall_ms)
        return;
    sim->world->workers[worker].wall_ms = chosen_ms;
    world_tell(sim->world, worker, "its clock is %lld s ahead", (long long)chosen_ms / 1000);
}

static void sim_jump(struct sim *sim, int worker)
{
    static const int64_t ahead_ms[] = {0, 0, 3000, -3000, 300000, -300000, 3 * 3600 * 1000, -3 * 3600 * 1000};
    sim_set_clock(sim, worker, ahead_ms[sim_below(sim, 8)]);
}

static void sim_crash(struct sim *sim, int worker)
{
    sim_move_host(sim, worker);
    sim_accounts_crash(sim, worker);
    sim_keyring_crash(sim, worker);
    sim_twice_crash(sim, worker);
    sim_secret_crash(sim, worker);
    sim->stopping[worker] = false;
    sim->result->crashes++;
}

/* All are gone for longer than the window: what is in the log is old when it is read. */
static void sim_outage(struct sim *sim)
{
    struct world *world = sim->world;
    if (world->options.window_ms >= SIM_LONG_MS)
        return;
    for (int i = 0; i < world->options.worker_count; i++)
        sim_crash(sim, i);
    sim_give_up_requests(sim);
    world_pass(world, world->options.window_ms + sim_below(sim, world->options.window_ms));
}

/* Mostly one with a post in flight: there it matters. */
static int sim_chosen(struct sim *sim)
{
    const struct world *world = sim->world;
    for (size_t i = 0; i < world->request_count; i++) {
        const struct world_request *request = &world->requests[i];
        if (request->worker >= 0 && fake_request_posts(&request->what) && sim_chance(sim, 50))
            return request->worker;
    }
    return (int)sim_below(sim, world->options.worker_count);
}

/* Requests that were decided on before the worker froze, and had not left yet. With the window `stopped` it had already checked the
 * clock for the last time, too. */
static void sim_keep_unwritten(struct sim *sim, int worker)
{
    struct world *world = sim->world;
    for (size_t i = 0; i < world->request_count; i++) {
        struct world_request *request = &world->requests[i];
        if (request->worker != worker || request->status != 0 || sim_chance(sim, 50))
            continue;
        world_unwritten(world, i);
        if (sim->options.windows.stopped)
            request->until = MONO_NEVER;
    }
}

void sim_worker(struct sim *sim)
{
    struct world *world = sim->world;
    int worker = sim_chosen(sim);
    int64_t dice = sim_below(sim, 100);
    if (sim_chance(sim, 15))
        sim_jump(sim, worker);
    if (sim_is_frozen(sim, worker)) {
        if (dice < 5) {
            sim_crash(sim, worker);
        } else if (mono_reached(sim->frozen_until[worker], world->now.mono)) {
            world_thaw(world, worker);
            sim_twice_thaw(sim, worker);
        }
        return;
    }
    if (world->workers[worker].ousted)
        return;
    if (dice >= 97) {
        sim_outage(sim);
        return;
    }
    sim_learn(sim, worker);
    if (world->workers[worker].stopped || dice < 30) {
        sim_crash(sim, worker);
    } else if (!sim->stopping[worker] && dice < 70) {
        world_freeze(world, worker);
        sim_keep_unwritten(sim, worker);
        sim->frozen_until[worker] = mono_after(world->now.mono, sim_below(sim, 3 * WORLD_SESSION_MS));
        sim->result->freezes++;
    } else if (!sim->stopping[worker] && dice < 75) {
        world_stop(world, worker);
        sim->stopping[worker] = true;
    }
}
