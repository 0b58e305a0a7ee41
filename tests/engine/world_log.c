/* Who has which partition, and what becomes of a partition's log. */
#include "world.h"

#include <assert.h>

#include "progress/offsets.h"
#include "world_take.h"

static struct share *world_share(struct world *world, int worker, int32_t partition)
{
    return &world->workers[worker].shares[partition];
}

int world_owner(const struct world *world, int32_t partition)
{
    for (int i = 0; i < world->options.worker_count; i++)
        if (world->workers[i].shares[partition].held && !world->workers[i].shares[partition].given_away)
            return i;
    return WORLD_NOBODY;
}

/* What the owners before this one have sent to be committed is refused from now on. */
static void world_fence(struct world *world, int32_t partition)
{
    for (size_t i = 0; i < world->commit_count; i++)
        if (world->commits[i].partition == partition)
            world->commits[i].fenced = true;
    for (size_t i = 0; i < world->late_commit_count; i++)
        if (world->late_commits[i].what.partition == partition)
            world->late_commits[i].what.fenced = true;
}

void world_assign(struct world *world, int worker, int32_t partition)
{
    const struct fake_partition *log = &world->log.partitions[partition];
    struct share *share = world_share(world, worker, partition);
    assert(world_owner(world, partition) == WORLD_NOBODY || share->held);
    world_fence(world, partition);
    int64_t committed = log->committed < 0 ? log->begin : log->committed;
    struct progress progress;
    bool names = progress_read(span_of(log->metadata), &progress);
    *share = (struct share){.held = true,
                            .again = share->held,
                            .paused = share->paused,
                            .generation = log->generation,
                            .reset = log->generation,
                            .position = committed,
                            .end = log->end,
                            .assigned_at = world->now.mono};
    world->workers[worker].proved = false;
    world_tell_assigned(world, worker, partition);
    world_take(world, worker,
               &(struct input){.type = INPUT_ASSIGNED,
                               .partition = partition,
                               .offset = committed,
                               .never_committed = log->committed < 0,
                               .begin = log->begin,
                               .end = log->end,
                               .last_stamp = fake_log_mark(log, names && progress.has_last ? progress.last : committed - 1),
                               .seen_stamp = names && progress.has_seen ? fake_log_mark(log, progress.seen) : 0,
                               .metadata = log->metadata[0] == 0 ? SPAN_NONE : span_of(log->metadata)});
}

/* ---- checks ---- */

void world_look_at_log(struct world *world, int worker, int32_t partition)
{
    const struct fake_partition *log = &world->log.partitions[partition];
    struct share *share = world_share(world, worker, partition);
    bool fits = share->check_from >= log->begin && share->check_from <= log->end;
    const struct record *record = fake_log_event(log, fits ? share->check_from : log->begin);
    share->checked = true;
    share->check_offset = record == NULL ? log->end : record->offset;
    share->check_begin = log->begin;
    share->check_stamp = record == NULL ? 0 : offsets_stamp(record->timestamp_ms);
}

void world_log_unchecked(struct world *world, int worker, int32_t partition)
{
    world_share(world, worker, partition)->check = 0;
}

void world_log_checked(struct world *world, int worker, int32_t partition)
{
    struct share *share = world_share(world, worker, partition);
    assert(share->check != 0);
    if (!share->checked)
        world_look_at_log(world, worker, partition);
    struct input input = {.type = INPUT_LOG_CHECKED,
                          .partition = partition,
                          .handle = share->check,
                          .offset = share->check_offset,
                          .begin = share->check_begin,
                          .last_stamp = share->check_stamp};
    share->check = 0;
    world_take(world, worker, &input);
}

/* ---- records that are gone ---- */

bool world_is_behind(const struct world *world, int worker, int32_t partition)
{
    const struct share *share = &world->workers[worker].shares[partition];
    return share->held && share->generation != world->log.partitions[partition].generation;
}

/* Who has read nothing that is gone goes on as if nothing were. */
static void world_keep_generation(struct world *world, int32_t partition)
{
    const struct fake_partition *log = &world->log.partitions[partition];
    for (int i = 0; i < world->options.worker_count; i++) {
        struct share *share = world_share(world, i, partition);
        if (share->held && share->generation + 1 == log->generation && share->position <= log->end)
            share->generation = log->generation;
    }
    for (size_t i = 0; i < world->commit_count; i++) {
        struct world_commit *commit = &world->commits[i];
        if (commit->partition == partition && commit->generation + 1 == log->generation &&
            commit->offset <= log->end)
            commit->generation = log->generation;
    }
}

/* No record has the stamp of one that was there before. */
static void world_log_changed(struct world *world)
{
    world_advance(world, mono_after(world->now.mono, 1));
}

void world_make_again(struct world *world, int32_t partition)
{
    world_tell(world, WORLD_NOBODY, "topic made again: partition %d", (int)partition);
    fake_log_make_again(&world->log, partition);
    world_keep_generation(world, partition);
    world_log_changed(world);
}

void world_cut(struct world *world, int32_t partition, int64_t end)
{
    world_tell(world, WORLD_NOBODY, "partition %d has lost what was behind %lld", (int)partition,
               (long long)end);
    fake_log_cut(&world->log, partition, end);
    world_keep_generation(world, partition);
    world_log_changed(world);
}

void world_retire(struct world *world, int32_t partition, int64_t begin)
{
    world_tell(world, WORLD_NOBODY, "partition %d begins at %lld now", (int)partition, (long long)begin);
    world->log.partitions[partition].begin = begin;
}

/* Where a tail was lost, a fetch falls between the loss and the records that come after it. (Else nobody would notice: the
 * README says so.) A topic that was made again may have as many records as the one before when it is fetched from next. */
static bool is_reset(const struct world *world, int worker, int32_t partition)
{
    const struct share *share = &world->workers[worker].shares[partition];
    const struct fake_partition *log = &world->log.partitions[partition];
    bool fits = log->made_again && share->position >= log->begin && share->position <= log->end;
    return share->started && world_is_behind(world, worker, partition) && share->reset != log->generation && !fits &&
           fake_log_event(log, log->begin) != NULL;
}

const struct record *world_next_record(const struct world *world, int worker, int32_t partition)
{
    const struct worker *w = &world->workers[worker];
    const struct fake_partition *log = &world->log.partitions[partition];
    const struct share *share = &w->shares[partition];
    if (!share->started || share->paused || !engine_has_room(w->engine))
        return NULL;
    return fake_log_event(log, is_reset(world, worker, partition) ? log->begin : share->position);
}

void world_reset(struct world *world, int worker, int32_t partition)
{
    struct share *share = world_share(world, worker, partition);
    const struct fake_partition *log = &world->log.partitions[partition];
    if (!is_reset(world, worker, partition))
        return;
    world_tell(world, worker, "partition %d: offset out of range, reset to %lld", (int)partition,
               (long long)log->begin);
    share->position = log->begin;
    share->reset = log->generation;
}

void world_note_ahead(struct world *world, int worker, const struct record *record)
{
    const struct share *share = world_share(world, worker, record->partition);
    struct fake_partition *log = &world->log.partitions[record->partition];
    bool unnoticed = log->made_again && share->reset != log->generation;
    if (world_is_behind(world, worker, record->partition) && unnoticed && record->offset < log->ahead)
        log->ahead = record->offset;
}

void world_store_commit(struct world *world, const struct world_commit *commit)
{
    fake_log_commit(&world->log, commit->partition, commit->offset, commit->text);
    world->log.partitions[commit->partition].committed_generation = commit->generation;
}
