/* A worker starts elsewhere under the name of another, as two machines of one host name do: it has the other's partitions at once,
 * and the other notices by its next heartbeat, or later if it is frozen or cannot reach the group. It has dice of its own, and
 * applies to some of the seeds only. */
#include "sim/sim_internal.h"

static bool twice_chance(struct sim *sim, int64_t per_thousand)
{
    return rng_below(&sim->twice_rng, 1000) < per_thousand;
}

void sim_twice_init(struct sim *sim)
{
    sim->twice_rng = sim_dice(sim, 0x7477696365);
    sim->twice = !sim->options.steady_logs && twice_chance(sim, 300);
    sim->last_name = WORLD_WORKERS_MAX;
}

void sim_twice_thaw(struct sim *sim, int worker)
{
    if (sim->world->workers[worker].ousted)
        sim->told_at[worker] = mono_after(sim->world->now.mono, rng_below(&sim->twice_rng, WORLD_HEARTBEAT_MS));
}

static void twice_oust(struct sim *sim, int from, int worker)
{
    int64_t most_ms = twice_chance(sim, 700) ? WORLD_HEARTBEAT_MS : WORLD_SESSION_MS;
    sim->told_at[from] = mono_after(sim->world->now.mono, rng_below(&sim->twice_rng, most_ms));
    world_oust(sim->world, from, worker);
    sim->result->ousted++;
}

static int twice_other(const struct sim *sim, int worker)
{
    const struct world *world = sim->world;
    for (int i = 0; i < world->options.worker_count; i++)
        if (i != worker && world->workers[i].name == world->workers[worker].name && !world->workers[i].ousted)
            return i;
    return WORLD_NOBODY;
}

void sim_twice_crash(struct sim *sim, int worker)
{
    if (sim->world->workers[worker].ousted)
        sim->world->workers[worker].name = ++sim->last_name; /* somebody has fixed it */
}

/* Mostly it is restarted under a name of its own; else it takes the other's place in turn. */
void sim_twice_end(struct sim *sim, int worker)
{
    struct world *world = sim->world;
    unsigned name = world->workers[worker].name;
    int other = twice_other(sim, worker);
    world_tell(world, worker, "is told that another has joined under its name, and ends");
    bool again = other != WORLD_NOBODY && !sim->stopping[other] && twice_chance(sim, 300);
    sim_twice_crash(sim, worker);
    if (again)
        world->workers[worker].name = name;
    sim_secret_crash(sim, worker);
    sim->stopping[worker] = false;
    if (again)
        twice_oust(sim, other, worker);
}

static bool twice_may_begin(const struct sim *sim, int worker)
{
    const struct worker *w = &sim->world->workers[worker];
    return !w->ousted && !w->stopped && !w->refused && !sim->stranger[worker] && !sim->stopping[worker];
}

void sim_twice(struct sim *sim)
{
    struct world *world = sim->world;
    for (int i = 0; i < world->options.worker_count && sim->twice; i++) {
        if (!world->workers[i].ousted || sim_is_frozen(sim, i))
            continue;
        if (mono_reached(sim->told_at[i], world->now.mono))
            sim_twice_end(sim, i);
        else if (twice_chance(sim, 200)) /* what comes now is what matters */
            sim_publish(sim);
    }
    if (!sim->twice || !twice_chance(sim, 30))
        return;
    int from = (int)rng_below(&sim->twice_rng, world->options.worker_count);
    int worker = (int)rng_below(&sim->twice_rng, world->options.worker_count);
    if (from == worker || !twice_may_begin(sim, from) || !twice_may_begin(sim, worker) ||
        sim_is_frozen(sim, worker) || twice_other(sim, worker) != WORLD_NOBODY)
        return;
    world->workers[worker].name = world->workers[from].name;
    sim_secret_crash(sim, worker);
    if (!sim->stranger[worker])
        twice_oust(sim, from, worker);
}
