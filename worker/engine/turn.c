#include "engine/turn.h"

#include "engine/commit.h"
#include "engine/effects.h"
#include "engine/internal.h"
#include "engine/log_check.h"
#include "engine/rebuild.h"
#include "engine/release.h"

static void turn_drain(struct engine *engine, struct partition *partition)
{
    partition->drained = partition->drained || mono_reached(partition->drain_end, engine->now.mono);
    if (partition->drained) {
        release_undecided(engine, partition);
        glances_drop(engine, partition);
    }
    if (partition->job_count > 0 || partition->glance_count > 0 || partition->committing >= 0 ||
        release_has_orphans(engine, partition->id) || !mono_reached(partition->namesake_until, engine->now.mono))
        return; /* the last commit is sent when the one under way is answered */
    partition_enter(partition, PARTITION_COMMITTING,
                    partition->drained ? "its time to finish is over" : "nothing of it is under way");
    commit_send(engine, partition);
}

static void turn_pause(struct engine *engine, struct partition *partition)
{
    bool wanted = offsets_span(&partition->offsets) >= OFFSETS_SPAN_MAX;
    if (wanted == partition->paused)
        return;
    partition->paused = wanted;
    effect_add(engine, wanted ? EFFECT_PAUSE : EFFECT_RESUME, partition->id);
}

void turn_partition(struct engine *engine, struct partition *partition)
{
    switch (partition->state) {
    case PARTITION_RUNNING:
        if (mono_reached(partition->lost_until, engine->now.mono)) {
            partition->lost_until = MONO_NEVER;
            partition->commit_again = true;
        }
        if (mono_reached(commit_due(engine, partition), engine->now.mono))
            commit_send(engine, partition);
        log_check_turn(engine, partition);
        turn_pause(engine, partition);
        break;
    case PARTITION_DRAINING:
        turn_drain(engine, partition);
        break;
    case PARTITION_COMMITTING:
        if (partition->committing < 0 && mono_reached(partition->commit_at, engine->now.mono))
            commit_send(engine, partition);
        break;
    case PARTITION_ASSIGNED:
        if (!release_has_orphans(engine, partition->id) && mono_reached(partition->namesake_until, engine->now.mono))
            rebuild_begin(engine, partition);
        break;
    case PARTITION_REBUILDING:
        break;
    }
}

struct mono turn_deadline(const struct engine *engine, const struct partition *partition)
{
    const struct mono begins =
        mono_reached(partition->namesake_until, engine->now.mono) ? MONO_NEVER : partition->namesake_until;
    switch (partition->state) {
    case PARTITION_RUNNING:
        return mono_earlier(mono_earlier(commit_due(engine, partition), partition->lost_until),
                            partition->check_at);
    case PARTITION_DRAINING: /* without jobs, or drained, it waits for an answer */
        return (partition->job_count > 0 || partition->glance_count > 0) && !partition->drained
                   ? partition->drain_end
                   : begins;
    case PARTITION_COMMITTING:
        return partition->committing < 0 ? partition->commit_at : MONO_NEVER;
    case PARTITION_ASSIGNED:
        return begins;
    case PARTITION_REBUILDING:
        break;
    }
    return MONO_NEVER;
}
