/* Two workers of one name: group.instance.id, which is for one process at a time. Kafka gives the one that joins last all that
 * the other has, without a word to that one, which is told by its next heartbeat. */
#include "world.h"

#include <assert.h>

void world_oust(struct world *world, int from, int worker)
{
    struct worker *old = &world->workers[from];
    assert(from != worker && !old->ousted && old->name == world->workers[worker].name);
    world_tell(world, worker, "joins the group under the name of %c", 'A' + from);
    old->ousted = world->any_ousted = true;
    world_excuse(world, from, -1);
    for (int32_t i = 0; i < world->options.partition_count; i++) {
        struct fake_partition *log = &world->log.partitions[i];
        if (!old->shares[i].held || old->shares[i].given_away)
            continue;
        old->shares[i].given_away = true;
        log->barred_until = mono_after(world->now.mono, WORLD_SESSION_MS);
        log->barred_for = old->name;
        world_assign(world, worker, i);
    }
}

bool world_may_have(const struct world *world, int worker, int32_t partition)
{
    const struct fake_partition *log = &world->log.partitions[partition];
    return mono_reached(log->barred_until, world->now.mono) || log->barred_for == world->workers[worker].name;
}
