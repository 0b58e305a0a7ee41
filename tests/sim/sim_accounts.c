/* Three accounts of different speed: now and then one is slow, or away for a while, or refuses the key that workers have, until
 * they are given a new one, each at its own time. It has dice of its own, and applies to some of the seeds only. */
#include "engine/internal.h"
#include "sim/sim_internal.h"

#define SLOW_LEAST_MS 500
#define SLOW_MOST_MS  14000 /* within WORLD_HTTP_MS */

static int64_t accounts_dice(struct sim *sim, int64_t bound)
{
    return rng_below(&sim->account_rng, bound);
}

/* In half of them memory is small enough that one account could fill it, had it no share of its own: a quarter, as by
 * default. */
void sim_accounts_options(struct sim *sim, struct world_options *options)
{
    sim->account_rng = sim_dice(sim, 0x6163636f756e74);
    sim->has_accounts = accounts_dice(sim, 100) < 40 && !sim->options.steady_logs;
    if (!sim->has_accounts)
        return;
    bool small = accounts_dice(sim, 2) == 0;
    sim->account_unrest = 1 + accounts_dice(sim, 15);
    options->account_count = WORLD_ACCOUNTS_MAX;
    options->memory_bytes = small ? 32000 : 1 << 20;
    options->account_memory_bytes = small ? 8000 : 0;
    sim_added_options(sim, options);
}

void sim_account(const struct sim *sim, int event, struct publication *out)
{
    uint64_t whose = (uint64_t)event * 0x94d049bb133111ebu + sim->options.seed;
    if (sim->has_accounts)
        out->account = world_account_name((whose >> 40) % WORLD_ACCOUNTS_MAX);
}

static void give_key(struct sim *sim, int worker, size_t account)
{
    if (!sim_is_frozen(sim, worker) && !world_has_key(sim->world, worker, account))
        world_tell_key(sim->world, worker, account);
}

static void give_keys(struct sim *sim)
{
    for (size_t i = 0; i < WORLD_ACCOUNTS_MAX; i++)
        for (int worker = 0; worker < sim->world->options.worker_count; worker++)
            give_key(sim, worker, i);
}

void sim_accounts_crash(struct sim *sim, int worker)
{
    sim_added_crash(sim, worker);
    if (sim->has_accounts && accounts_dice(sim, 2) == 0)
        for (size_t i = 0; i < WORLD_ACCOUNTS_MAX; i++)
            sim->world->workers[worker].api_keys[i] = sim->world->accounts[i].key;
}

void sim_accounts(struct sim *sim)
{
    struct world *world = sim->world;
    if (!sim->has_accounts)
        return;
    sim_added(sim);
    size_t account = (size_t)accounts_dice(sim, WORLD_ACCOUNTS_MAX);
    const struct world_account *now = &world->accounts[account];
    if (accounts_dice(sim, 100) < 3)
        give_key(sim, (int)accounts_dice(sim, world->options.worker_count), account);
    if (accounts_dice(sim, 1000) >= sim->account_unrest)
        return;
    int64_t dice = accounts_dice(sim, 100);
    if (dice < 35)
        world_away(world, account, !now->away);
    else if (dice < 65)
        world_slow(world, account,
                   now->slow_ms > 0 ? 0 : SLOW_LEAST_MS + accounts_dice(sim, SLOW_MOST_MS - SLOW_LEAST_MS));
    else if (dice < 85)
        world_take_key(world, account, now->refuses);
    else
        world_new_key(world, account);
}

/* ---- what is nothing to the others ---- */

static bool is_well(const struct world *world, size_t account)
{
    const struct world_account *one = &world->accounts[account];
    return !one->away && !one->refuses && one->slow_ms == 0;
}

/* The first record of a healthy account that has no receipt, or whose partition nobody knows to own. */
static const struct record *first_left(const struct world *world)
{
    for (int32_t i = 0; i < world->log.count; i++) {
        const struct fake_partition *log = &world->log.partitions[i];
        const struct record *record;
        for (int64_t at = log->begin; (record = fake_log_event(log, at)) != NULL; at = record->offset + 1)
            if (is_well(world, world_account_of(world_target(record->key).account)) &&
                fake_log_receipts(log, record->offset) == 0)
                return record;
    }
    return NULL;
}

/* What an earlier owner may have posted is admitted beyond its account's share: if that fills a worker's memory, nothing else has
 * room until it has ended. A quarter is what is left beside the shares of the two accounts that are not well. */
static bool in_doubt_fills(const struct world *world, int worker)
{
    const struct engine *engine = world->workers[worker].engine;
    size_t size = 0;
    for (int32_t i = 0; i < world->options.partition_count; i++) {
        const struct partition *partition = engine->partitions[i];
        for (const struct job *job = partition == NULL ? NULL : TAILQ_FIRST(&partition->jobs); job != NULL;
             job = TAILQ_NEXT(job, in_list))
            if (job->account != NULL && !is_well(world, world_account_of(span_of(job->account->options.name))) &&
                job->record->offset < job->partition->in_doubt_end)
                size += job->size;
    }
    return !engine_has_room(engine) && size >= (size_t)world->options.memory_bytes / 4;
}

static bool any_in_doubt_fills(const struct world *world)
{
    for (int i = 0; i < world->options.worker_count; i++)
        if (in_doubt_fills(world, i))
            return true;
    return false;
}

/* Once nothing else goes wrong, a healthy account's events are settled as soon as if there were no other account: they have queues
 * and places of their own, and what another account's events take of the memory is no more than its share. So the bound is the one
 * for all healthy. */
static void others_go_on(struct sim *sim)
{
    struct world *world = sim->world;
    struct mono from = world->now.mono;
    const struct record *left;
    while (world->failure[0] == 0 && (sim_is_anyone_frozen(sim) || (left = first_left(world)) != NULL)) {
        sim_recover(sim, &from);
        sim_added_calm(sim);
        give_keys(sim);
        world_go_for(world, 10000);
        left = first_left(world);
        if (left == NULL || !mono_reached(mono_after(from, SIM_SETTLED_MS), world->now.mono))
            continue;
        if (any_in_doubt_fills(world))
            return;
        world_fail(world, "%d/%lld of %.*s, which is well, waits for %d minutes while another account is not",
                   (int)left->partition, (long long)left->offset, SPAN_ARGS(left->key), SIM_SETTLED_MS / 60000);
    }
}

void sim_accounts_calm(struct sim *sim, bool refused)
{
    struct world *world = sim->world;
    if (!sim->has_accounts)
        return;
    size_t first = (size_t)accounts_dice(sim, WORLD_ACCOUNTS_MAX);
    for (size_t i = 0; i < WORLD_ACCOUNTS_MAX; i++) {
        world_slow(world, i, i == (first + 1) % WORLD_ACCOUNTS_MAX ? SLOW_MOST_MS : 0);
        world_away(world, i, i == first);
    }
    others_go_on(sim);
    sim_added_calm(sim);
    give_keys(sim);
    for (size_t i = 0; i < WORLD_ACCOUNTS_MAX; i++) {
        world_slow(world, i, 0);
        world_away(world, i, false);
        if (!refused && world->accounts[i].refuses)
            world_take_key(world, i, true);
    }
}
