#include "sim/sim.h"

#include "engine/world_audit.h"
#include "engine/world_end.h"
#include "sim/sim_internal.h"

#define AUDIT_STEPS 20
#define MINUTE_MS   (60 * 1000)
#define OUTAGE_MS   (20 * MINUTE_MS)
/* While a key stays refused, no event of its account ends before its deadline, which is an hour plus what clocks differ by, and one
 * that may be shown not before unknown_for is over; and one customer's wait for each other. */
#define REFUSED_MS(sim) (5 * 60 * MINUTE_MS + (sim)->options.events * 60 * MINUTE_MS)

struct rng sim_dice(const struct sim *sim, uint64_t name)
{
    struct rng rng = {sim->options.seed ^ name};
    rng.state = rng_next(&rng);
    return rng;
}

int64_t sim_below(struct sim *sim, int64_t bound)
{
    return rng_below(&sim->rng, bound);
}

bool sim_chance(struct sim *sim, int64_t per_cent)
{
    return sim_below(sim, 100) < per_cent;
}

static void sim_step(struct sim *sim)
{
    int64_t dice = sim_below(sim, 1000);
    if (sim->weather.outages && sim_below(sim, 500) == 0)
        sim->outage_until = mono_after(sim->world->now.mono, sim_below(sim, OUTAGE_MS));
    if (sim->weather.steady && dice >= 980 && sim_chance(sim, 95))
        dice = 800;
    if (dice < 60)
        sim_publish(sim);
    else if (dice < 350)
        sim_partition(sim);
    else if (dice < 600)
        sim_answer(sim);
    else if (dice < 730)
        sim_acknowledge(sim);
    else if (dice < 800)
        sim_commit(sim);
    else if (dice < 970)
        sim_advance(sim);
    else if (dice < 980)
        sim_others(sim);
    else
        sim_worker(sim);
}

/* ---- the end ---- */

static bool sim_is_settled_in(const struct world *world, int32_t partition)
{
    const struct fake_partition *log = &world->log.partitions[partition];
    struct progress progress;
    for (int i = 0; i < world->options.worker_count; i++)
        if (world->workers[i].shares[partition].given_away)
            return false; /* it has not noticed yet */
    bool empty = fake_log_event(log, log->begin) == NULL; /* retention, or a lost tail, has left nothing to commit */
    return world_owner(world, partition) != WORLD_NOBODY &&
           (empty || (fake_log_believed(log, &progress) &&
                      log->committed > log->events[log->event_count - 1]->offset));
}

/* A partition's owner commits again what a late commit has put back. */
static bool sim_is_settled(const struct sim *sim)
{
    const struct world *world = sim->world;
    bool settled = world->late_commit_count == 0;
    for (int32_t i = 0; i < world->log.count; i++)
        settled = settled && sim_is_settled_in(world, i);
    return settled;
}

void sim_recover(struct sim *sim, struct mono *last_fault)
{
    struct world *world = sim->world;
    for (int i = 0; i < world->options.worker_count; i++) {
        if (world->workers[i].frozen) {
            *last_fault = world->now.mono;
            if (!mono_reached(sim->frozen_until[i], world->now.mono))
                continue;
            world_thaw(world, i);
        }
        if (world->workers[i].ousted) {
            sim_twice_end(sim, i);
            continue;
        }
        sim_learn(sim, i);
        if (sim->stopping[i])
            world_go_for(world, WORLD_DRAIN_MS + (sim->twice ? WORLD_LEASE_MS : 0) + 1000);
        if (world->workers[i].stopped)
            sim_secret_crash(sim, i);
        sim->stopping[i] = false;
    }
    sim_secret_mend(sim);
    sim_log_mend(sim);
    for (int32_t i = 0; i < world->options.partition_count; i++)
        sim_assign(sim, i);
}

/* Nothing goes wrong any more: everything must end, and soon. What came too late is rejected by then, for unknown outcomes are read
 * back for an hour. A key that is refused may stay so, for good. */
static void sim_calm(struct sim *sim)
{
    struct world *world = sim->world;
    struct mono from = world->now.mono;
    bool refused = world_any_refused(world) && sim_chance(sim, 30);
    sim->weather = (struct sim_weather){0};
    sim->outage_until = from;
    sim->swaps = sim->strays = sim->forbidden_texts = 0;
    if (world_any_refused(world) && !refused && !sim->has_accounts)
        world_refuse(world, "");
    int64_t most_ms = SIM_SETTLED_MS + (refused ? REFUSED_MS(sim) : 0);
    sim_arrive_alone(sim);
    sim_accounts_calm(sim, refused);
    from = mono_later(from, world->now.mono);
    while (world->failure[0] == 0 && (sim_is_anyone_frozen(sim) || !sim_is_settled(sim))) {
        sim_recover(sim, &from);
        world_go_for(world, MINUTE_MS / 6);
        if (mono_reached(mono_after(from, most_ms), world->now.mono))
            world_fail(world, "not all is settled %lld minutes after the last fault",
                       (long long)most_ms / MINUTE_MS);
    }
    sim->result->settled_ms = refused ? 0 : world->now.mono.ms - from.ms;
    if (world->failure[0] == 0)
        world_go_for(world, 3 * 60 * MINUTE_MS); /* nothing moves any more */
    sim_secret_finish(sim);
}

/* ---- what a seed makes ---- */

/* Drawn from dice of its own: everything else of the seed is as it is without. */
static void sim_widget_settings(const struct sim *sim, struct world_options *options)
{
    struct rng rng = {sim->options.seed ^ 0x77696467657421u};
    bool plain = rng_below(&rng, 100) < 30;
    options->new_spacing_ms = plain ? 0 : 4000;
    options->look_ms = plain ? 0 : 3000;
}

/* Likewise: in some seeds a cache stands between, whose answers are another request's, or a little old. */
static void sim_swap_init(struct sim *sim, struct world_options *options)
{
    sim->swap_rng = sim_dice(sim, 0x73776170);
    options->answers_are_kept = rng_below(&sim->swap_rng, 100) < 40;
    if (!options->answers_are_kept)
        return;
    sim->swaps = rng_below(&sim->swap_rng, 3) == 0 ? 500 : 20 + rng_below(&sim->swap_rng, 200);
    options->stale_ms = rng_below(&sim->swap_rng, 2) * 4000;
}

/* Small, so that it is used up again and again: what is beyond it waits, and what is beyond an old one is not in doubt. Not drawn
 * from the seed, so that a run can be repeated with another reach. */
static int64_t sim_reach_step(const struct sim_options *options)
{
    static const int64_t steps[] = {2, 6, 24};
    struct rng rng = {options->seed ^ 0x7265616368u};
    return options->reach_step > 0 ? options->reach_step : steps[rng_below(&rng, 3)];
}

static struct sim_weather sim_weather(const struct sim_options *options)
{
    struct rng rng = {options->seed ^ 0x77656174686572u};
    struct sim_weather fair = {.late_commits = 5, .unwritten = {7, 7}};
    if (options->steps <= 500)
        return fair;
    return (struct sim_weather){.late_commits = rng_below(&rng, 3) == 0 ? 30 : 5,
                                .refusals = rng_below(&rng, 3) == 0 ? 30 : 0,
                                .short_lives = rng_below(&rng, 3) == 0 ? 50 : 0,
                                .unwritten = {rng_below(&rng, 3) == 0 ? 90 : 7,
                                              rng_below(&rng, 3) == 0 ? 90 : 7},
                                .bad_events = rng_below(&rng, 3) == 0 ? 15 : 0,
                                .steady = rng_below(&rng, 3) == 0,
                                .others = rng_below(&rng, 3) == 0 ? 30 : 0,
                                .outages = rng_below(&rng, 3) == 0};
}

static struct world *sim_world(struct sim *sim, struct buf *report)
{
    static const int64_t windows_ms[] = {2 * MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS,
                                         7 * 24 * 60 * MINUTE_MS};
    struct world_options options = world_options();
    options.partition_count = 1 + (int32_t)sim_below(sim, 3);
    options.worker_count = 1 + (int)sim_below(sim, 3);
    options.max_in_flight = 1 + (int32_t)sim_below(sim, 4);
    options.spacing_ms = sim_chance(sim, 50) ? 1000 : 0;
    options.flood_limit = sim_chance(sim, 20) ? 3 : 0;
    options.memory_bytes = sim_chance(sim, 30) ? 8000 : 1 << 20;
    options.account_memory_bytes = sim_chance(sim, 30) ? 6000 : 0;
    options.lease_ms = WORLD_LEASE_MS;
    options.reach_step = sim_reach_step(&sim->options);
    options.log_check_ms = sim->log_unrest > 0 ? ENGINE_LOG_CHECK_MS : 0;
    options.unassign = sim_chance(sim, 30);
    options.reopen = sim_chance(sim, 30);
    options.admit_by_clock = sim_chance(sim, 25);
    options.window_ms = windows_ms[sim_below(sim, 4)];
    options.unknown_for_ms = sim_chance(sim, 30) ? 1000 : 0;
    options.receipts_by_producer = sim_chance(sim, 50);
    options.named = sim->twice;
    options.other_mark_secret = SIM_SECRET_B;
    options.unique_marks = sim->options.unique_marks;
    sim->strangers.state = sim->options.seed;
    sim->strangers.state = rng_next(&sim->strangers) ^ 1;
    sim->has_strangers = rng_below(&sim->strangers, 2) == 0;
    options.email_given = sim->has_strangers && rng_below(&sim->strangers, 3) == 0;
    options.customers_page = sim->has_strangers && rng_below(&sim->strangers, 2) == 0 ? 2 : 0;
    options.breaches_are_counted =
        sim->options.windows.slow || sim->options.windows.stopped || sim->options.windows.edited ||
        sim->options.windows.stale;
    static const int64_t strides_ms[] = {400, 4000, 40000};
    static const int64_t unrests[] = {1, 3, 10};
    sim->unrest = unrests[sim_below(sim, 3)];
    if (sim->weather.steady)
        sim->unrest = 0;
    sim->stride_ms = strides_ms[sim_below(sim, 3)];
    options.seed = rng_next(&sim->rng);
    sim_widget_settings(sim, &options);
    sim_swap_init(sim, &options);
    sim_clocks_options(sim, &options);
    sim_accounts_options(sim, &options);
    buf_printf(
        report,
        "seed %llu: partitions=%d workers=%d max_in_flight=%d spacing=%lldms flood_limit=%lld memory=%lld "
        "account_memory=%zu unassign=%d reopen=%d admit_by_clock=%d window=%llds receipts=%s strangers=%d "
        "email=%s page=%u new_spacing=%lldms look=%lldms\n",
        (unsigned long long)sim->options.seed, (int)options.partition_count, options.worker_count,
        (int)options.max_in_flight, (long long)options.spacing_ms, (long long)options.flood_limit,
        (long long)options.memory_bytes, options.account_memory_bytes, options.unassign, options.reopen,
        options.admit_by_clock, (long long)options.window_ms / 1000,
        options.receipts_by_producer ? "CreateTime" : "LogAppendTime", sim->has_strangers,
        options.email_given ? "given" : "none", options.customers_page, (long long)options.new_spacing_ms,
        (long long)options.look_ms);
    return world_new(&options);
}

void sim_run(const struct sim_options *options, struct buf *report, struct sim_result *out)
{
    struct sim sim = {.options = *options, .rng = {options->seed}, .result = out};
    sim.rng.state = rng_next(&sim.rng); /* neighbouring seeds would draw the same numbers, shifted by one */
    sim.weather = sim_weather(options);
    *out = (struct sim_result){0};
    sim_log_init(&sim);
    sim_secret_init(&sim);
    sim_twice_init(&sim);
    sim_addresses_init(&sim);
    sim_proxy_init(&sim);
    sim_keyring_init(&sim);
    sim.trace_rng = sim_dice(&sim, 0x7472616365);
    struct world *world = sim.world = sim_world(&sim, report);
    world->verbose = options->trace;
    sim_clocks_init(&sim);
    for (int i = 0; i < options->steps && world->failure[0] == 0; i++) {
        sim_step(&sim);
        sim_log(&sim);
        sim_secret(&sim);
        sim_twice(&sim);
        sim_clocks(&sim);
        sim_accounts(&sim);
        sim_keyring(&sim);
        if (i % AUDIT_STEPS == 0) /* another may come at any moment */
            world_audit(world);
    }
    sim_calm(&sim);
    if (world->failure[0] == 0)
        world_end_check(world);
    out->duplicated = world->duplicated;
    out->misreported = world->misreported;
    out->missed = world->missed;
    out->good = world->failure[0] == 0;
    for (int32_t i = 0; i < world->log.count; i++)
        out->records += (unsigned)world->log.partitions[i].event_count;
    if (options->trace)
        buf_add_span(report, buf_span(&world->trace));
    if (!out->good)
        buf_printf(report, "%s\n", world->failure);
    world_free(world);
}
