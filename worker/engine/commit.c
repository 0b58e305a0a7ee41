#include "engine/commit.h"

#include "engine/effects.h"
#include "engine/internal.h"
#include "engine/lease.h"
#include "engine/places.h"
#include "engine/release.h"
#include "engine/settle.h"
#include "engine/wake.h"

#define COMMIT_EVERY_MS 1000
#define LEASE_RENEW_MS  3000
#define COMMIT_LOST_MS                                                                                       \
    60000 /* how long a commit without an answer may still arrive: librdkafka gives it up then */
#define COMMIT_AGAIN_MS 200 /* the last one of a partition, when it was refused */

void commit_send(struct engine *engine, struct partition *partition)
{
    struct progress progress = partition_progress(partition);
    progress.secret = engine->secret;
    if (partition->state != PARTITION_COMMITTING)
        progress.by = engine->options.member;
    /* The last one: nothing beyond the watermark is in doubt, unless something was left half done. */
    if (partition->state == PARTITION_COMMITTING && !partition->inherited)
        progress.reach = partition->offsets.low;
    else if (partition->state == PARTITION_COMMITTING && progress.reach < partition->in_doubt_end)
        progress.reach = partition->in_doubt_end;
    partition->committing = offsets_settled(&partition->offsets);
    partition->committing_reach = progress.reach;
    partition->committing_again = partition->commit_again;
    partition->commit_sent = engine->now.mono;
    partition->commit_at = mono_after(engine->now.mono, COMMIT_EVERY_MS);
    struct effect *effect = effect_add(engine, EFFECT_COMMIT, partition->id);
    effect->handle = partition->commit_handle = ++engine->last_commit;
    effect->offset = partition->committing;
    char text[PROGRESS_TEXT_MAX];
    progress_write(&progress, text);
    buf_init(&effect->text, sizeof(text));
    buf_add_text(&effect->text, text);
    window_advance(&partition->window, partition_oldest(partition));
}

/* There may be room by now. */
static void commit_refuse(struct engine *engine, struct job *job)
{
    if (!job_may_be_refused(engine, job))
        return;
    job->no_room = false;
    if (job->account->memory_used <= job->account->options.memory_bytes)
        return;
    timer_clear(&engine->timers, &job->timer);
    settle(engine, job, job_refuse(engine, job));
}

/* What waited for the reach, or for the lease, goes on, one after the other: what a head settles at once makes room for the next. Where any are gone by that, it begins anew. */
static void commit_moved(struct engine *engine, const struct partition *partition)
{
    for (struct job *job = TAILQ_FIRST(&partition->jobs), *next; job != NULL; job = next) {
        next = TAILQ_NEXT(job, in_list);
        size_t count = partition->job_count;
        if (job->state == JOB_QUEUED)
            commit_refuse(engine, job);
        if (job->state == JOB_QUEUED && job->queue->head == &job->in_queue) {
            wake_queue(engine, job->queue);
            places_give(engine);
        }
        if (partition->job_count != count)
            next = TAILQ_FIRST(&partition->jobs);
    }
}

/* The lease is held again. */
static void commit_renewed(struct engine *engine)
{
    for (int32_t i = 0; i < engine->options.partition_count; i++)
        if (engine->partitions[i] != NULL && engine->partitions[i]->state == PARTITION_RUNNING)
            commit_moved(engine, engine->partitions[i]);
}

static void commit_accepted(struct engine *engine, struct partition *partition)
{
    int64_t before = partition_reach(partition);
    bool proves = partition->unproved && partition->commit_handle > partition->unproved_until;
    bool waited = !partition->announced || proves;
    partition->committed = partition->committing;
    partition->reach = partition->committing_reach;
    partition->announced = true;
    partition->unproved = partition->unproved && !proves;
    if (partition->committing_again) {
        partition->commit_again = false;
        if (partition->lost_until.ms == MONO_NEVER.ms)
            partition->lost_reach = INT64_MAX;
    }
    if (lease_extend(engine, partition->commit_sent))
        commit_renewed(engine);
    if (partition->state == PARTITION_RUNNING && (waited || partition_reach(partition) > before))
        commit_moved(engine, partition);
}

static void commit_failed(const struct engine *engine, struct partition *partition)
{
    if (partition->committing_reach < partition->lost_reach)
        partition->lost_reach = partition->committing_reach;
    partition->lost_until = mono_after(engine->now.mono, COMMIT_LOST_MS);
    partition->reach_at = mono_after(engine->now.mono, COMMIT_EVERY_MS);
    partition->commit_at = mono_after(engine->now.mono, COMMIT_AGAIN_MS);
}

void commit_answered(struct engine *engine, struct partition *partition, engine_handle handle, bool ok)
{
    if (partition->committing < 0 || handle != partition->commit_handle)
        return; /* a late answer to a commit of an earlier assignment */
    if (ok)
        commit_accepted(engine, partition);
    else
        commit_failed(engine, partition);
    partition->committing = -1;
    if (partition->state == PARTITION_COMMITTING &&
        (ok || mono_reached(partition->drain_end, engine->now.mono)))
        release_end(engine, partition);
}

/* While something is under way the lease is kept young; where nothing is, nobody needs one. */
struct mono commit_due(const struct engine *engine, const struct partition *partition)
{
    struct mono due = partition_commit_due(partition);
    bool idle = TAILQ_EMPTY(&partition->jobs) && partition->glance_count == 0;
    if (engine->options.lease_ms == 0 || idle || partition->committing >= 0)
        return due;
    struct mono renew = engine->leased ? mono_after(engine->lease_from, LEASE_RENEW_MS) : partition->reach_at;
    return mono_earlier(due, mono_later(renew, partition->reach_at));
}
