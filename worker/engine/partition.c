#include "engine/partition.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/job.h"

struct partition *partition_new(int32_t id, int64_t offset, int64_t reach_step,
                                const unsigned char hash_key[16])
{
    struct partition *partition = mem_new(1, sizeof(*partition));
    partition->id = id;
    partition->reach_step = reach_step;
    TAILQ_INIT(&partition->jobs);
    offsets_init(&partition->offsets, offset);
    window_init(&partition->window, hash_key);
    partition->committed = offset;
    partition->committing = -1;
    partition->lost_reach = INT64_MAX;
    partition->lost_until = MONO_NEVER;
    partition->left.ms = INT64_MAX;
    return partition;
}

void partition_enter(struct partition *partition, enum partition_state state, const char *why)
{
    trace_tell(partition->trace, MACHINE_PARTITION, partition, (int)partition->state, (int)state, why);
    partition->state = state;
}

void partition_free(struct partition *partition)
{
    if (partition == NULL)
        return;
    assert(TAILQ_EMPTY(&partition->jobs));
    receipted_done(&partition->receipted);
    offsets_done(&partition->offsets);
    window_done(&partition->window);
    free(partition);
}

int64_t partition_reach(const struct partition *partition)
{
    return partition->reach < partition->lost_reach ? partition->reach : partition->lost_reach;
}

bool partition_may_start(const struct partition *partition, int64_t offset)
{
    return offset < partition_reach(partition) && partition->announced &&
           (!partition->unproved || offset < partition->in_doubt_end);
}

static bool partition_wants_reach(const struct partition *partition)
{
    bool near = partition->offsets.next > partition->reach - partition->reach_step / 2;
    bool unproved = partition->unproved && partition->offsets.next > partition->in_doubt_end;
    return !TAILQ_EMPTY(&partition->jobs) && (near || unproved);
}

struct mono partition_commit_due(const struct partition *partition)
{
    if (partition->committing >= 0)
        return MONO_NEVER;
    if (partition_wants_reach(partition))
        return partition->reach_at;
    bool moved = offsets_settled(&partition->offsets) > partition->committed || partition->commit_again;
    return moved ? partition->commit_at : MONO_NEVER;
}

/* Clocks of brokers differ a little, and a leader changes: records may be stamped slightly out of order. */
#define STAMP_SLACK_MS 60000

struct wall partition_oldest(const struct partition *partition)
{
    struct wall oldest = partition->admitted;
    if (partition->left.ms < oldest.ms)
        oldest = partition->left;
    const struct job *first = TAILQ_FIRST(&partition->jobs);
    if (first != NULL && first->admitted_at_ms < oldest.ms)
        oldest.ms = first->admitted_at_ms;
    return (struct wall){oldest.ms > STAMP_SLACK_MS ? oldest.ms - STAMP_SLACK_MS : 0};
}

/* Nothing beyond the watermark has a receipt: what was written so far need not be read again for its sake. */
static bool partition_has_none_beyond(const struct partition *partition)
{
    return partition->offsets.beyond == 0 && partition->receipted.count == 0 && partition->doubted == 0;
}

struct progress partition_progress(const struct partition *partition)
{
    int64_t reach = partition->reach;
    if (partition_wants_reach(partition) && reach < partition->offsets.next + partition->reach_step)
        reach = partition->offsets.next + partition->reach_step;
    return (struct progress){.reach = reach,
                             .receipts = partition_has_none_beyond(partition) ? partition->receipts_end
                                                                              : partition->receipts_from,
                             .admitted_ms = partition_oldest(partition).ms,
                             .inside = partition->inside,
                             .has_last = partition->offsets.last >= 0,
                             .last = partition->offsets.last,
                             .last_stamp = partition->offsets.last_stamp,
                             .has_seen = partition->witness.stamp != 0 &&
                                         partition->witness.offset < partition->offsets.last,
                             .seen = partition->witness.offset,
                             .seen_stamp = partition->witness.stamp};
}

void partition_receipt_written(struct partition *partition, int64_t offset)
{
    if (offset < 0)
        return;
    if (partition_has_none_beyond(partition) || offset < partition->receipts_from)
        partition->receipts_from = offset;
    if (partition->receipts_end <= offset)
        partition->receipts_end = offset + 1;
}
