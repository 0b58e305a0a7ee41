#include <stdio.h>

#include "sim/sim_internal.h"

static const char *const customers[] = {"ann", "ben", "cid", "dan"};

/* A repetition within the window is no event of its own, and one beyond it is; so there are none near the window's end, which is
 * counted from when the event was finished. If workers' clocks decide when one was admitted, only a long window can be judged. */
static bool sim_is_fresh(const struct sim *sim, int event)
{
    const struct world *world = sim->world;
    int64_t window_ms = world->options.window_ms;
    bool is_finished = world->finished[event].ms > 0;
    struct wall since = is_finished ? world->finished[event] : world->now.wall;
    if (event < sim->first_event || (world->options.admit_by_clock && window_ms < SIM_LONG_MS))
        return false;
    return world->now.wall.ms - since.ms < window_ms / 2;
}

/* An earlier one repeated: the same bytes. */
static bool sim_repeat(struct sim *sim)
{
    struct fake_partition *log =
        &sim->world->log.partitions[sim_below(sim, sim->world->options.partition_count)];
    if (log->event_count == 0)
        return false;
    const struct record *record = log->events[sim_below(sim, (int64_t)log->event_count)];
    struct span id = fake_log_header(record, "webhook-id");
    int event = 0;
    for (size_t i = 1; i < id.size; i++)
        event = event * 10 + (id.data[i] - '0');
    if (!sim_is_fresh(sim, event))
        return false;
    world_repeat(sim->world, record);
    return true;
}

/* Mostly a new id; else an earlier one, signed anew. */
static int sim_event(struct sim *sim)
{
    int event = sim_chance(sim, 20) ? (int)sim_below(sim, sim->events + 1) : sim->events;
    if (event < sim->events && sim_is_fresh(sim, event))
        return event;
    return sim->events++;
}

/* The recipient of each event: always the same one; but see sim_address. */
static void sim_name(const struct sim *sim, int event, struct publication *out)
{
    uint64_t whose = (uint64_t)event * 0x9e3779b97f4a7c15u + sim->world->options.seed;
    out->customer = customers[whose >> 40 & 3];
    out->account = (whose >> 48) % 5 == 0 ? WORLD_ACCOUNT_2 : NULL;
    sim_account(sim, event, out);
    if ((int64_t)(whose >> 20 & 127) * 100 < sim->weather.short_lives * 128)
        out->deliver_within_s = 20;
}

/* One that will be published only later. */
static void sim_publish_elsewhere(struct sim *sim)
{
    char event_id[16];
    struct publication publication = {0};
    int event = sim->events + 1 + (int)sim_below(sim, 8);
    snprintf(event_id, sizeof(event_id), "e%d", event);
    sim_name(sim, event, &publication);
    world_receipt_of_others(sim->world, publication.account == NULL ? WORLD_ACCOUNT : publication.account,
                            publication.customer, event_id);
}

void sim_publish(struct sim *sim)
{
    struct world *world = sim->world;
    if (sim->weather.others > 0 && sim_chance(sim, sim->weather.others))
        sim_publish_elsewhere(sim);
    if (sim->events == sim->options.events || (sim_chance(sim, 10) && sim_repeat(sim)))
        return;
    char event_id[16];
    int event = sim_event(sim);
    struct publication publication = {.event_id = event_id};
    snprintf(event_id, sizeof(event_id), "e%d", event);
    sim_name(sim, event, &publication);
    sim_address(sim, event, &publication);
    sim_page(sim, event, &publication);
    if (!sim_may_publish(sim, &publication))
        return;
    publication.key = sim_keyring_signs(sim);
    publication.trace = rng_below(&sim->trace_rng, 2) == 0 ? 0 : rng_next(&sim->trace_rng);
    if (sim_chance(sim, 3))
        publication.signed_at_s = world->now.wall.ms / 1000 - 100;
    if (sim_chance(sim, 10))
        publication.deliver_within_s = 20;
    if (sim_chance(sim, 5)) /* markers of a transaction */
        world->log.partitions[sim_below(sim, world->options.partition_count)].end += 2;
    /* Forged copies of it, before the true one and behind it. */
    publication.forged = true;
    if (sim_chance(sim, 5))
        world_publish(world, &publication);
    publication.forged = false;
    world_publish(world, &publication);
    publication.forged = true;
    if (sim_chance(sim, 5))
        world_publish(world, &publication);
}
