/* Workers' clocks are wrong from the start and are set again and again, ahead, behind and back. It has dice of its own, and applies
 * to some of the seeds only. */
#include "sim/sim_internal.h"

void sim_clocks_options(struct sim *sim, struct world_options *options)
{
    sim->clock_rng = sim_dice(sim, 0x636c6f636b73);
    bool any = rng_below(&sim->clock_rng, 100) < 40 && !sim->options.steady_logs;
    sim->clock_unrest = any ? 1 + rng_below(&sim->clock_rng, 20) : 0;
    options->dead_by_producer = any && rng_below(&sim->clock_rng, 4) == 0;
}

/* By a little, by more than an event of twenty seconds may wait, by more than any other, by more than a day. */
static void clock_set(struct sim *sim, int worker)
{
    static const int64_t ahead_ms[] = {0, 2000, 25000, 600000, 2 * 3600 * 1000, 30 * 3600 * 1000};
    int64_t chosen_ms = ahead_ms[rng_below(&sim->clock_rng, 6)];
    bool behind = rng_below(&sim->clock_rng, 3) == 0;
    sim_set_clock(sim, worker, behind ? -chosen_ms : chosen_ms + rng_below(&sim->clock_rng, 1000));
}

void sim_clocks_init(struct sim *sim)
{
    for (int i = 0; i < sim->world->options.worker_count && sim->clock_unrest > 0; i++)
        clock_set(sim, i);
}

void sim_clocks(struct sim *sim)
{
    if (sim->clock_unrest > 0 && rng_below(&sim->clock_rng, 1000) < sim->clock_unrest)
        clock_set(sim, (int)rng_below(&sim->clock_rng, sim->world->options.worker_count));
}
