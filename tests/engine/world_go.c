/* All goes well, as far as it can while a worker is frozen: nothing reaches that one, and nothing comes from it. */
#include "world.h"

static bool is_awake(const struct world *world, int worker)
{
    return worker == WORLD_NOBODY || !world->workers[worker].frozen;
}

static bool go_share(struct world *world, int worker, int32_t partition)
{
    bool any = world->workers[worker].shares[partition].reading;
    if (any)
        world_rebuild(world, worker, partition);
    if (world->workers[worker].shares[partition].check != 0) {
        world_log_checked(world, worker, partition);
        any = true;
    }
    while (world_feed(world, worker, partition))
        any = true;
    return any;
}

static bool go_shares(struct world *world)
{
    bool any = false;
    for (int worker = 0; worker < world->options.worker_count; worker++)
        for (int32_t i = 0; i < world->options.partition_count && is_awake(world, worker); i++)
            any = go_share(world, worker, i) || any;
    return any;
}

static bool go_requests(struct world *world)
{
    size_t place = 0;
    while (place < world->request_count && !(is_awake(world, world->requests[place].worker) &&
                                             world_is_due(world, &world->requests[place])))
        place++;
    if (place == world->request_count)
        return false;
    world_answer(world, place, FATE_DONE);
    return true;
}

static bool go_produces(struct world *world)
{
    size_t place = 0;
    while (place < world->produce_count && !is_awake(world, world->produces[place].worker))
        place++;
    if (place == world->produce_count)
        return false;
    world_acknowledge(world, place, PRODUCED_OK);
    return true;
}

static bool go_commits(struct world *world)
{
    size_t place = 0;
    while (place < world->commit_count && !is_awake(world, world->commits[place].worker))
        place++;
    if (place == world->commit_count)
        return false;
    bool applied = !world->commits[place].fenced;
    world_committed(world, place, applied, applied);
    return true;
}

void world_go(struct world *world)
{
    bool any = true;
    while (any && world->failure[0] == 0)
        any = go_shares(world) || go_requests(world) || go_produces(world) || go_commits(world);
}
