/* The keyring's file changes while workers run, which read it at different moments: a key is added, revoked, reinstated, or granted
 * other accounts. Nobody signs with a new key before all workers know it (deploy/README.md, "Change a secret"). It has dice of its
 * own, and applies to some of the seeds only. */
#include "sim/sim_internal.h"

static int64_t keyring_dice(struct sim *sim, int64_t bound)
{
    return rng_below(&sim->keyring_rng, bound);
}

void sim_keyring_init(struct sim *sim)
{
    sim->keyring_rng = sim_dice(sim, 0x6b657972696e67);
    bool any = keyring_dice(sim, 100) < 40 && !sim->options.steady_logs;
    sim->keyring_unrest = any ? 1 + keyring_dice(sim, 20) : 0;
    sim->keyring = world_keyring();
}

/* Grants one account more or less; a key keeps at least one. */
static void keyring_grant(struct sim *sim, unsigned *grants)
{
    const unsigned all = (1u << WORLD_ACCOUNTS_MAX) - 1;
    unsigned changed = *grants ^ 1u << keyring_dice(sim, WORLD_ACCOUNTS_MAX);
    if ((changed & all) != 0)
        *grants = changed;
}

static void keyring_change(struct sim *sim)
{
    int64_t dice = keyring_dice(sim, 100);
    size_t key = (size_t)keyring_dice(sim, WORLD_KEYS);
    if (!sim->keyring.has[1] && dice < 60)
        sim->keyring.has[1] = true;
    else if (dice < 50)
        sim->keyring.revoked[key] = !sim->keyring.revoked[key];
    else
        keyring_grant(sim, &sim->keyring.grants[key]);
}

void sim_keyring(struct sim *sim)
{
    if (sim->keyring_unrest == 0)
        return;
    if (keyring_dice(sim, 1000) < sim->keyring_unrest)
        keyring_change(sim);
    int worker = (int)keyring_dice(sim, sim->world->options.worker_count);
    if (keyring_dice(sim, 100) < 4 && !sim_is_frozen(sim, worker))
        world_give_keyring(sim->world, worker, &sim->keyring);
}

void sim_keyring_crash(struct sim *sim, int worker)
{
    if (sim->keyring_unrest > 0 && keyring_dice(sim, 2) == 0)
        sim->world->workers[worker].keyring = sim->keyring;
}

size_t sim_keyring_signs(struct sim *sim)
{
    bool known = sim->keyring_unrest > 0;
    for (int i = 0; i < sim->world->options.worker_count; i++)
        known = known && sim->world->workers[i].keyring.has[1];
    return known ? (size_t)keyring_dice(sim, WORLD_KEYS) : 0;
}
