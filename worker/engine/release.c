#include "engine/release.h"

#include "base/mem.h"
#include "engine/effects.h"
#include "engine/glance.h"
#include "engine/internal.h"

/* ---- what a partition that was lost has left under way ---- */

static void release_orphan(struct engine *engine, engine_handle handle, int32_t partition)
{
    engine->orphans = mem_grow(engine->orphans, engine->orphan_count + 1, sizeof(*engine->orphans));
    engine->orphans[engine->orphan_count++] = (struct orphan){handle, partition};
}

void release_orphan_done(struct engine *engine, engine_handle handle)
{
    size_t i = 0;
    while (i < engine->orphan_count && engine->orphans[i].handle != handle)
        i++;
    if (i < engine->orphan_count)
        engine->orphans[i] = engine->orphans[--engine->orphan_count];
}

bool release_has_orphans(const struct engine *engine, int32_t partition)
{
    for (size_t i = 0; i < engine->orphan_count; i++)
        if (engine->orphans[i].partition == partition)
            return true;
    return false;
}

/* ---- jobs and partitions ---- */

void release_job(struct engine *engine, struct job *job)
{
    if (delivery_may_be_shown(&job->delivery))
        job->partition->inherited = true;
    if (job->admitted_at_ms < job->partition->left.ms)
        job->partition->left.ms = job->admitted_at_ms;
    if (job->producing)
        release_orphan(engine, job->handle, job->partition->id);
    job_drop(engine, job);
}

static void release_jobs(struct engine *engine, struct partition *partition)
{
    while (!TAILQ_EMPTY(&partition->jobs))
        release_job(engine, TAILQ_FIRST(&partition->jobs));
}

/* What was not begun is left to the next owner: it starts where the commit says. One in doubt that waits to be read back is
 * such a one too, and stays in doubt. */
static void release_unstarted(struct engine *engine, struct partition *partition)
{
    for (struct job *job = TAILQ_FIRST(&partition->jobs), *next; job != NULL; job = next) {
        next = TAILQ_NEXT(job, in_list);
        bool waits = job->state == JOB_QUEUED || job->state == JOB_READY || job->state == JOB_WAITING;
        if (waits && (!job->delivery.unknown || job->delivery.attempts == 0))
            release_job(engine, job);
    }
}

void release_begin(struct engine *engine, struct partition *partition, const char *why)
{
    if (partition->state == PARTITION_DRAINING || partition->state == PARTITION_COMMITTING)
        return;
    partition->inherited =
        partition->state != PARTITION_RUNNING || partition->offsets.next < partition->in_doubt_end;
    partition_enter(partition, PARTITION_DRAINING, why);
    partition->drain_end = mono_after(engine->now.mono, engine->options.drain_ms);
    release_unstarted(engine, partition);
    glances_hurry(engine, partition);
}

/* Its time is over: what has no outcome yet is left to the next owner. A receipt that is under way is waited for,
 * or it could be written after that one has read the receipts. */
void release_undecided(struct engine *engine, struct partition *partition)
{
    for (struct job *job = TAILQ_FIRST(&partition->jobs), *next; job != NULL; job = next) {
        next = TAILQ_NEXT(job, in_list);
        if (!job->producing)
            release_job(engine, job);
    }
}

/* A pause is the consumer's, not the assignment's: it would be there still when the partition comes again. */
void release_end(struct engine *engine, struct partition *partition)
{
    if (partition->paused)
        effect_add(engine, EFFECT_RESUME, partition->id);
    glances_drop(engine, partition);
    effect_add(engine, EFFECT_RELEASED, partition->id);
    engine->partitions[partition->id] = NULL;
    partition_free(partition);
}

void release_at_once(struct engine *engine, struct partition *partition)
{
    release_jobs(engine, partition);
    release_end(engine, partition);
}

void release_changed(struct engine *engine, struct partition *partition, int64_t offset)
{
    struct effect *effect = effect_add(engine, EFFECT_LOG_CHANGED, partition->id);
    effect->change = LOG_WENT_BACK;
    effect->offset = offset;
    release_at_once(engine, partition);
}
