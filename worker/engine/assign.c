#include <assert.h>

#include "engine/internal.h"

#define COMMIT_EVERY_MS 1000
#define COMMIT_LOST_MS                                                                                       \
    60000 /* how long a commit without an answer may still arrive: librdkafka gives it up then */
#define COMMIT_AGAIN_MS 200 /* the last one of a partition, when it was refused */

void assign(struct engine *engine, const struct input *input)
{
    int32_t id = input->partition;
    assert(id < engine->options.partition_count && engine->partitions[id] == NULL);
    if (engine->stopping)
        return;
    struct partition *partition = partition_new(id, input->offset, engine->options.hash_key);
    engine->partitions[id] = partition;
    /* Without a word about how far deliveries went, they may have gone to the end. */
    struct progress progress;
    if (!progress_read(input->metadata, &progress))
        progress = (struct progress){.reach = input->end};
    partition->suspect_end = progress.reach < input->end ? progress.reach : input->end;
    partition->suspect_absent_from = mono_after(engine->now.mono, engine->options.limits.http_timeout_ms +
                                                                      engine->options.limits.settle_ms);
    partition->first_from = mono_after(engine->now.mono, engine->options.spacing_ms);
    partition->reach = progress.reach;
    partition->receipts_from = partition->receipts_end = progress.receipts;
    partition->untouched = input->never_committed;
    partition->admitted.ms = progress.admitted_ms;
    struct effect *effect = effect_add(engine, EFFECT_READ_RECEIPTS, id);
    effect->offset = progress.receipts;
    if (progress.admitted_ms > engine->options.window_ms)
        effect->since.ms = progress.admitted_ms - engine->options.window_ms;
}

/* A job that is given up may be in Papercups already where that is not known, where it is delivered and has no receipt
 * yet, or where a post was tried: then the next owner must suspect it. */
static void drop_job(struct engine *engine, struct job *job)
{
    if (job->delivery.unknown || job->delivery.attempts > 0 || job->outcome == OUTCOME_DELIVERED)
        job->partition->inherited = true;
    job_drop(engine, job);
}

static void drop_jobs(struct engine *engine, struct partition *partition)
{
    while (partition->jobs != NULL)
        drop_job(engine, partition->jobs);
}

static void release(struct engine *engine, struct partition *partition)
{
    effect_add(engine, EFFECT_RELEASED, partition->id);
    engine->partitions[partition->id] = NULL;
    partition_free(partition);
}

/* What was not begun is left to the next owner: it starts where the commit says. A suspect that waits to be read back is
 * such a one too, and stays a suspect. */
static void drop_unstarted(struct engine *engine, struct partition *partition)
{
    for (struct job *job = partition->jobs, *next; job != NULL; job = next) {
        next = job->next;
        bool waits = job->state == JOB_QUEUED || job->state == JOB_READY || job->state == JOB_WAITING;
        if (waits && (!job->delivery.unknown || job->delivery.attempts == 0))
            drop_job(engine, job);
    }
}

void revoke(struct engine *engine, struct partition *partition)
{
    if (partition->state != PARTITION_RUNNING && partition->state != PARTITION_REBUILDING)
        return;
    partition->inherited =
        partition->state == PARTITION_REBUILDING || partition->offsets.next < partition->suspect_end;
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
    struct progress progress = partition_progress(partition);
    /* The last one: nothing beyond the watermark needs to be suspected, unless something was left half done. */
    if (partition->state == PARTITION_COMMITTING && !partition->inherited)
        progress.reach = partition->offsets.low;
    else if (partition->state == PARTITION_COMMITTING && progress.reach < partition->suspect_end)
        progress.reach = partition->suspect_end;
    partition->committing = partition->offsets.low;
    partition->committing_reach = progress.reach;
    partition->committing_again = partition->commit_again;
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

/* Heads that waited for the reach. */
static void run_within_reach(struct engine *engine, struct partition *partition)
{
    for (struct job *job = partition->jobs, *next; job != NULL; job = next) {
        next = job->next;
        struct account *account = job->account;
        if (job->state == JOB_QUEUED && job->queue->head == &job->in_queue) {
            run_head(engine, job->queue);
            run_ready(engine, account);
        }
    }
}

static void commit_accepted(struct engine *engine, struct partition *partition)
{
    int64_t before = partition_reach(partition);
    partition->committed = partition->committing;
    partition->reach = partition->committing_reach;
    if (partition->committing_again) {
        partition->commit_again = false;
        if (partition->lost_until.ms == MONO_NEVER.ms)
            partition->lost_reach = INT64_MAX;
    }
    if (partition->state == PARTITION_RUNNING && partition_reach(partition) > before)
        run_within_reach(engine, partition);
}

static void commit_failed(const struct engine *engine, struct partition *partition)
{
    if (partition->committing_reach < partition->lost_reach)
        partition->lost_reach = partition->committing_reach;
    partition->lost_until = mono_after(engine->now.mono, COMMIT_LOST_MS);
    partition->reach_at = mono_after(engine->now.mono, COMMIT_EVERY_MS);
    partition->commit_at = mono_after(engine->now.mono, COMMIT_AGAIN_MS);
}

void committed(struct engine *engine, struct partition *partition, engine_handle handle, bool ok)
{
    if (partition->committing < 0 || handle != partition->commit_handle)
        return; /* a late word about a commit of an assignment before this one */
    if (ok)
        commit_accepted(engine, partition);
    else
        commit_failed(engine, partition);
    partition->committing = -1;
    if (partition->state == PARTITION_COMMITTING &&
        (ok || mono_reached(partition->drain_end, engine->now.mono)))
        release(engine, partition);
}

static void drain(struct engine *engine, struct partition *partition)
{
    if (partition->job_count > 0 && !mono_reached(partition->drain_end, engine->now.mono))
        return;
    drop_jobs(engine, partition);
    if (partition->committing >= 0)
        return; /* the last one is sent when this is answered */
    partition->state = PARTITION_COMMITTING;
    commit(engine, partition);
}

static void assign_pause(struct engine *engine, struct partition *partition)
{
    bool wanted = engine->pausing || offsets_span(&partition->offsets) >= OFFSETS_SPAN_MAX;
    if (wanted == partition->paused)
        return;
    partition->paused = wanted;
    effect_add(engine, wanted ? EFFECT_PAUSE : EFFECT_RESUME, partition->id);
}

void partition_turn(struct engine *engine, struct partition *partition)
{
    switch (partition->state) {
    case PARTITION_RUNNING:
        if (mono_reached(partition->lost_until, engine->now.mono)) {
            partition->lost_until = MONO_NEVER;
            partition->commit_again = true;
        }
        if (mono_reached(partition_commit_due(partition), engine->now.mono))
            commit(engine, partition);
        assign_pause(engine, partition);
        break;
    case PARTITION_DRAINING:
        drain(engine, partition);
        break;
    case PARTITION_COMMITTING:
        if (partition->committing < 0 && mono_reached(partition->commit_at, engine->now.mono))
            commit(engine, partition);
        break;
    case PARTITION_REBUILDING:
        break;
    }
}

struct mono partition_deadline(const struct partition *partition)
{
    switch (partition->state) {
    case PARTITION_RUNNING:
        return mono_earlier(partition_commit_due(partition), partition->lost_until);
    case PARTITION_DRAINING: /* without jobs it waits for the answer to a commit */
        return partition->job_count > 0 ? partition->drain_end : MONO_NEVER;
    case PARTITION_COMMITTING:
        return partition->committing < 0 ? partition->commit_at : MONO_NEVER;
    case PARTITION_REBUILDING:
        break;
    }
    return MONO_NEVER;
}
