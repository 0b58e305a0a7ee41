#include <assert.h>

#include "engine/internal.h"

#define COMMIT_EVERY_MS 1000

void assign(struct engine *engine, int32_t id, int64_t offset)
{
    assert(id >= 0 && id < engine->options.partition_count && engine->partitions[id] == NULL);
    if (!engine->stopping)
        engine->partitions[id] = partition_new(id, offset, engine->options.hash_key);
}

static void drop_jobs(struct engine *engine, struct partition *partition)
{
    while (partition->jobs != NULL)
        job_drop(engine, partition->jobs);
}

static void release(struct engine *engine, struct partition *partition)
{
    effect_add(engine, EFFECT_RELEASED, partition->id);
    engine->partitions[partition->id] = NULL;
    partition_free(partition);
}

/* What was not begun is left to the next owner: it starts where the commit says. */
static void drop_unstarted(struct engine *engine, struct partition *partition)
{
    for (struct job *job = partition->jobs, *next; job != NULL; job = next) {
        next = job->next;
        bool waits = job->state == JOB_QUEUED || job->state == JOB_READY || job->state == JOB_WAITING;
        if (waits && !job->delivery.unknown)
            job_drop(engine, job);
    }
}

void revoke(struct engine *engine, struct partition *partition)
{
    if (partition->state != PARTITION_RUNNING)
        return;
    partition->state = PARTITION_DRAINING;
    partition->drain_end = mono_after(engine->now.mono, engine->options.drain_ms);
    drop_unstarted(engine, partition);
}

void lose(struct engine *engine, struct partition *partition)
{
    drop_jobs(engine, partition);
    release(engine, partition);
}

static void commit(struct engine *engine, struct partition *partition)
{
    partition->committing = partition->offsets.low;
    partition->commit_at = mono_after(engine->now.mono, COMMIT_EVERY_MS);
    effect_add(engine, EFFECT_COMMIT, partition->id)->offset = partition->committing;
    struct wall oldest = partition->admitted;
    if (partition->jobs != NULL && partition->jobs->admitted_at_ms < oldest.ms)
        oldest.ms = partition->jobs->admitted_at_ms;
    window_advance(&partition->window, oldest);
}

void committed(struct engine *engine, struct partition *partition, int64_t offset, bool ok)
{
    partition->committing = -1;
    if (ok)
        partition->committed = offset;
    bool again = partition_has_commit(partition) && !mono_reached(partition->drain_end, engine->now.mono);
    if (partition->state != PARTITION_COMMITTING)
        return;
    if (again)
        commit(engine, partition);
    else
        release(engine, partition);
}

static void drain(struct engine *engine, struct partition *partition)
{
    if (partition->job_count > 0 && !mono_reached(partition->drain_end, engine->now.mono))
        return;
    drop_jobs(engine, partition);
    if (partition->committing >= 0)
        return; /* the last one is sent when this is answered */
    if (partition_has_commit(partition)) {
        partition->state = PARTITION_COMMITTING;
        commit(engine, partition);
    } else {
        release(engine, partition);
    }
}

static void assign_pause(struct engine *engine, struct partition *partition)
{
    bool wanted = engine->full || offsets_span(&partition->offsets) >= OFFSETS_SPAN_MAX;
    if (wanted == partition->paused)
        return;
    partition->paused = wanted;
    effect_add(engine, wanted ? EFFECT_PAUSE : EFFECT_RESUME, partition->id);
}

void partition_turn(struct engine *engine, struct partition *partition)
{
    switch (partition->state) {
    case PARTITION_RUNNING:
        if (partition_has_commit(partition) && mono_reached(partition->commit_at, engine->now.mono))
            commit(engine, partition);
        assign_pause(engine, partition);
        break;
    case PARTITION_DRAINING:
        drain(engine, partition);
        break;
    case PARTITION_COMMITTING:
        break;
    }
}

struct mono partition_deadline(const struct partition *partition)
{
    if (partition->state == PARTITION_DRAINING)
        return partition->drain_end;
    if (partition->state == PARTITION_RUNNING && partition_has_commit(partition))
        return partition->commit_at;
    return MONO_NEVER;
}
