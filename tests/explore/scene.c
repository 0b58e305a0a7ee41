#include "explore/scene.h"

#include "base/mem.h"
#include "engine/internal.h"
#include "engine/turn.h"

static const char *const customers[] = {"ann", "ben"};

struct scene *scene_new(const struct scenario *scenario)
{
    struct scene *scene = mem_new(1, sizeof(*scene));
    struct world_options options = world_options();
    options.worker_count = scenario->workers;
    options.max_in_flight = scenario->at_once;
    options.spacing_ms = scenario->spacing_ms;
    options.new_spacing_ms = scenario->new_spacing_ms;
    options.look_ms = scenario->look_ms;
    options.log_check_ms = scenario->logs > 0 ? ENGINE_LOG_CHECK_MS : 0;
    options.lease_ms = WORLD_LEASE_MS;
    options.window_ms = 7LL * 24 * 3600 * 1000;
    scene->scenario = scenario;
    scene->world = world_new(&options);
    scene->began = scene->world->now.mono;
    return scene;
}

void scene_even(struct scene *scene)
{
    for (int i = 0; i < scene->scenario->workers; i++) {
        struct engine *engine = scene->world->workers[i].engine;
        engine->rng.state = 1;
        struct map_node *node = NULL;
        while ((node = map_next(&engine->accounts, node)) != NULL) {
            struct account *account = MAP_ENTRY(node, struct account, node);
            struct mono not_before = account->concurrency.not_before;
            concurrency_init(&account->concurrency, account->options.max_in_flight);
            account->concurrency.not_before = not_before;
        }
    }
}

void scene_publish(struct scene *scene)
{
    struct world *world = scene->world;
    char event_id[16];
    snprintf(event_id, sizeof(event_id), "e%d", scene->published + 1);
    if (scene->published > 0)
        world->log.partitions[0].end += scene->scenario->gap;
    if (scene->scenario->repeat > 0 && scene->published > 0)
        world_repeat(world, world->log.partitions[0].events[0]);
    else
        world_publish(
            world, &(struct publication){.customer = customers[scene->published % scene->scenario->customers],
                                         .event_id = event_id});
    scene->published++;
}

bool scene_is_frozen(const struct scene *scene, int worker)
{
    return worker >= 0 && scene->world->workers[worker].frozen;
}

bool scene_is_stopping(const struct scene *scene, int worker)
{
    return scene->world->workers[worker].engine->stopping;
}

static bool share_reads(const struct scene *scene, int worker, int32_t partition)
{
    const struct worker *w = &scene->world->workers[worker];
    const struct share *share = &w->shares[partition];
    if (w->frozen)
        return false;
    return share->reading || share->check != 0 || world_next_record(scene->world, worker, partition) != NULL;
}

bool scene_reads(const struct scene *scene)
{
    for (int worker = 0; worker < scene->scenario->workers; worker++)
        for (int32_t i = 0; i < scene->world->log.count; i++)
            if (share_reads(scene, worker, i))
                return true;
    return false;
}

/* The engine's deadline, as if it did not look at its logs. */
static struct mono next_but_for_checks(const struct engine *engine)
{
    struct mono at = mono_earlier(timers_next(&engine->timers), engine->sweep_at);
    for (int32_t i = 0; i < engine->options.partition_count; i++) {
        if (engine->partitions[i] == NULL)
            continue;
        struct partition partition = *engine->partitions[i];
        partition.check_at = MONO_NEVER;
        at = mono_earlier(at, turn_deadline(engine, &partition));
    }
    return at;
}

bool scene_only_checks(const struct scene *scene)
{
    const struct world *world = scene->world;
    bool only = scene->scenario->logs > 0 && world->request_count == 0 && world->late_count == 0 &&
                world->late_commit_count == 0;
    for (int worker = 0; worker < scene->scenario->workers; worker++) {
        only = only && next_but_for_checks(world->workers[worker].engine).ms == MONO_NEVER.ms;
        for (int32_t i = 0; i < world->log.count; i++)
            only = only && !world_is_behind(world, worker, i);
    }
    return only;
}

bool scene_learns(const struct scene *scene)
{
    for (int worker = 0; worker < scene->scenario->workers; worker++)
        for (int32_t i = 0; i < scene->world->log.count; i++)
            if (!scene->world->workers[worker].frozen && scene->world->workers[worker].shares[i].given_away)
                return true;
    return false;
}

bool scene_is_owned(const struct scene *scene)
{
    for (int32_t i = 0; i < scene->world->log.count; i++)
        if (world_owner(scene->world, i) == WORLD_NOBODY)
            return false;
    return true;
}

bool scene_is_overdue(const struct scene *scene, const struct world_request *request)
{
    return mono_reached(mono_after(request->sent_at, WORLD_HTTP_MS), scene->world->now.mono);
}

bool scene_is_gone(const struct scene *scene, const struct world_request *request)
{
    return mono_reached(mono_after(request->sent_at, WORLD_HTTP_MS + WORLD_SETTLE_MS),
                        scene->world->now.mono);
}
