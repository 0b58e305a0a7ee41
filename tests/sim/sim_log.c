/* Logs change under their owners: topics are recreated, tails lost, records deleted. It has dice of its own, and applies to some of
 * the seeds only: the others run as if this did not exist. */
#include "sim/sim_internal.h"

static bool log_chance(struct sim *sim, int64_t per_thousand)
{
    return rng_below(&sim->log_rng, 1000) < per_thousand;
}

void sim_log_init(struct sim *sim)
{
    sim->log_rng = sim_dice(sim, 0x6c6f67);
    sim->log_unrest = !sim->options.steady_logs && log_chance(sim, 400) ? 1 + rng_below(&sim->log_rng, 12) : 0;
}

/* What was published before is not repeated: the outcome of what is gone is unknown. */
static void log_changed(struct sim *sim)
{
    sim->first_event = sim->events;
}

static void log_cut(struct sim *sim, int32_t partition)
{
    const struct fake_partition *log = &sim->world->log.partitions[partition];
    int64_t most = log->end - log->begin;
    if (most == 0)
        return;
    world_cut(sim->world, partition, log->end - 1 - rng_below(&sim->log_rng, most < 6 ? most : 6));
    log_changed(sim);
}

static void log_retire(struct sim *sim, int32_t partition)
{
    const struct fake_partition *log = &sim->world->log.partitions[partition];
    bool counts = log->committed > log->begin && log->committed_generation == log->generation;
    if (counts)
        world_retire(sim->world, partition,
                     log->begin + 1 + rng_below(&sim->log_rng, log->committed - log->begin));
}

/* The owner is told that it has the partition before it is told that it has lost it: the topic's metadata changed. */
static void log_assign_again(struct sim *sim, int32_t partition)
{
    int owner = world_owner(sim->world, partition);
    if (owner != WORLD_NOBODY && !sim_is_frozen(sim, owner) && !sim->stopping[owner])
        world_assign(sim->world, owner, partition);
}

void sim_log(struct sim *sim)
{
    int32_t partition = (int32_t)rng_below(&sim->log_rng, sim->world->options.partition_count);
    if (sim->log_unrest == 0 || !log_chance(sim, sim->log_unrest))
        return;
    int64_t dice = rng_below(&sim->log_rng, 100);
    if (dice < 30) {
        log_assign_again(sim, partition);
    } else if (dice < 60) {
        world_make_again(sim->world, partition);
        log_changed(sim);
        if (log_chance(sim, 300))
            log_assign_again(sim, partition);
    } else if (dice < 85) {
        log_cut(sim, partition);
    } else {
        log_retire(sim, partition);
    }
}

bool sim_log_check(struct sim *sim, int worker, int32_t partition)
{
    int64_t dice = rng_below(&sim->log_rng, 100);
    if (dice < 20)
        world_look_at_log(sim->world, worker, partition);
    else if (dice < 50)
        world_log_checked(sim->world, worker, partition);
    else if (dice < 60)
        world_log_unchecked(sim->world, worker, partition);
    return dice < 60;
}

/* A worker that has read what is gone of a tail is assigned the partition anew. That a topic was recreated nobody else notices. */
void sim_log_mend(struct sim *sim)
{
    for (int32_t i = 0; i < sim->world->options.partition_count; i++) {
        int owner = world_owner(sim->world, i);
        if (owner != WORLD_NOBODY && world_is_behind(sim->world, owner, i) &&
            !sim->world->log.partitions[i].made_again)
            log_assign_again(sim, i);
    }
}
