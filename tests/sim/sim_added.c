/* In some of the seeds with three accounts the last one is added while workers run, which notice at different moments, or never. In
 * half of them nobody publishes for it before all workers know it (deploy/README.md, "Add an account"); in the others a worker that
 * does not know it rejects its events, and one that does may have posted them before. An account also gets another address. It has
 * dice of its own. */
#include "sim/sim_internal.h"

#define ADDED (WORLD_ACCOUNTS_MAX - 1)

static int64_t added_dice(struct sim *sim, int64_t bound)
{
    return rng_below(&sim->added_rng, bound);
}

void sim_added_options(struct sim *sim, struct world_options *options)
{
    sim->added_rng = sim_dice(sim, 0x6164646564);
    sim->is_added = added_dice(sim, 2) == 0;
    sim->too_early = added_dice(sim, 2) == 0;
    sim->is_configured = !sim->is_added;
    if (sim->is_added)
        options->late_accounts = 1u << ADDED;
}

bool sim_may_publish(const struct sim *sim, const struct publication *publication)
{
    size_t account = world_account_of(span_of(publication->account == NULL ? WORLD_ACCOUNT : publication->account));
    return !sim->is_added || sim->too_early || account != ADDED || world_all_know(sim->world, ADDED);
}

static void added_give(struct sim *sim, int worker)
{
    if (sim->is_added && sim->is_configured && !sim_is_frozen(sim, worker) && !world_knows(sim->world, worker, ADDED))
        world_add_account(sim->world, worker, ADDED);
}

/* Each machine's file is written at its own time: a worker that restarts may know the account, or may not. */
void sim_added_crash(struct sim *sim, int worker)
{
    if (sim->is_added && sim->is_configured && added_dice(sim, 2) == 0)
        sim->world->workers[worker].accounts |= 1u << ADDED;
}

void sim_added(struct sim *sim)
{
    int worker = (int)added_dice(sim, sim->world->options.worker_count);
    sim->is_configured = sim->is_configured || added_dice(sim, 100) == 0;
    if (added_dice(sim, 100) < 2)
        added_give(sim, worker);
    size_t account = (size_t)added_dice(sim, WORLD_ACCOUNTS_MAX);
    if (added_dice(sim, 1000) < 2 && !sim_is_frozen(sim, worker) && world_knows(sim->world, worker, account))
        world_add_account(sim->world, worker, account);
}

/* Where it was never configured before, it stays so: its events end all the same. */
void sim_added_calm(struct sim *sim)
{
    for (int i = 0; i < sim->world->options.worker_count; i++)
        added_give(sim, i);
}
