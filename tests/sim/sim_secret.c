/* The mark secret is changed, step by step, while workers run; or one of them starts with another secret than the rest. It has dice
 * of its own, and applies to some of the seeds only. */
#include "sim/sim_internal.h"

#define SECRET_A "whmk_QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=" /* that of world_options() */
#define SECRET_B SIM_SECRET_B
#define SECRET_C "whmk_REREREREREREREREREREREREREREREREREREREREREQ="
#define DAY_MS   (24 * 3600 * 1000)

/* What a worker has at each step of the change: the present one and the one before. */
static const char *const steps[][2] = {
    {SECRET_A, NULL}, {SECRET_A, SECRET_B}, {SECRET_B, SECRET_A}, {SECRET_B, NULL}};

static bool secret_chance(struct sim *sim, int64_t per_thousand)
{
    return rng_below(&sim->secret_rng, 1000) < per_thousand;
}

void sim_secret_init(struct sim *sim)
{
    sim->secret_rng = sim_dice(sim, 0x736563726574);
    int64_t dice = rng_below(&sim->secret_rng, 100);
    bool steady = sim->options.steady_logs || sim->options.unique_marks;
    sim->secret_changes = !steady && dice < 15;
    sim->impostors = !steady && dice >= 15 && dice < 30 && sim->log_unrest == 0;
}

/* With another secret, or none, nothing tells a stranger's receipts from the workers'. */
static bool secret_is_named(const struct world *world)
{
    for (int32_t i = 0; i < world->options.partition_count; i++)
        if (world->log.partitions[i].metadata[0] == 0)
            return false;
    return true;
}

static void sim_secret_take(struct sim *sim, int worker)
{
    struct worker *w = &sim->world->workers[worker];
    w->mark_secret = steps[sim->secret_step][0];
    w->previous_mark_secret = steps[sim->secret_step][1];
    sim->secret_of[worker] = sim->secret_step;
}

void sim_secret_crash(struct sim *sim, int worker)
{
    sim_secret_take(sim, worker);
    sim->stranger[worker] = sim->impostors && secret_is_named(sim->world) && secret_chance(sim, 300);
    if (sim->stranger[worker])
        sim->world->workers[worker].mark_secret = SECRET_C;
    world_crash(sim->world, worker);
    if (sim->stranger[worker])
        world_tell(sim->world, worker, "begins with a mark secret of its own");
}

void sim_secret_mend(struct sim *sim)
{
    for (int i = 0; i < sim->world->options.worker_count; i++) {
        if (!sim->world->workers[i].refused && !sim->stranger[i])
            continue;
        sim_secret_take(sim, i);
        world_crash(sim->world, i);
        sim->stopping[i] = sim->stranger[i] = false;
    }
}

static void secret_check(struct sim *sim)
{
    struct world *world = sim->world;
    for (int i = 0; i < world->options.worker_count; i++)
        if (world->workers[i].refused && !sim->stranger[i])
            world_fail(world, "worker %d is refused, and has the secret of the others", i);
        else if (world->workers[i].refused || (sim->stranger[i] && !secret_is_named(world)))
            sim_secret_mend(sim);
}

void sim_secret(struct sim *sim)
{
    bool taken = true;
    secret_check(sim);
    for (int i = 0; i < sim->world->options.worker_count; i++)
        taken = taken && sim->secret_of[i] == sim->secret_step;
    if (sim->secret_changes && taken && sim->secret_step < 2 && secret_chance(sim, 20))
        sim->secret_step++;
}

/* The remaining steps, one worker after the other, while nothing is published; the last one a day later. */
void sim_secret_finish(struct sim *sim)
{
    struct world *world = sim->world;
    while (sim->secret_changes && world->failure[0] == 0) {
        for (int i = 0; i < world->options.worker_count && world->failure[0] == 0; i++) {
            sim_secret_take(sim, i);
            world_crash(world, i);
            sim->stopping[i] = false;
            for (int32_t p = 0; p < world->options.partition_count; p++)
                sim_assign(sim, p);
            world_go_for(world, 2000);
            secret_check(sim);
        }
        for (int32_t p = 0; p < world->options.partition_count; p++)
            while (world_owner(world, p) == WORLD_NOBODY)
                sim_assign(sim, p);
        world_go_for(world, 2000);
        if (sim->secret_step == 3)
            break;
        if (sim->secret_step == 2)
            world_go_for(world, DAY_MS + world->options.window_ms);
        sim->secret_step++;
    }
}
