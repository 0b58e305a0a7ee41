#include <assert.h>

#include "base/mem.h"
#include "engine/internal.h"

#define COMMIT_EVERY_MS 1000
#define LEASE_RENEW_MS  3000
#define COMMIT_LOST_MS                                                                                       \
    60000 /* how long a commit without an answer may still arrive: librdkafka gives it up then */
#define COMMIT_AGAIN_MS 200 /* the last one of a partition, when it was refused */

/* Whether a record that the commit names as read is not there any more, and was not deleted by retention either. */
static bool assign_misses(const struct input *input, bool named, int64_t offset, uint32_t stamp, uint32_t found)
{
    return named && offset >= input->begin && found != stamp;
}

/* Where a log does not hold any more what was committed of it, nothing that stands in the commit is about it: a topic was
 * deleted and made again, and the last commit for the old one came after that, or a log lost its tail. Then all that there is
 * may have been delivered, and may not. Such a commit is believed only where the records that it names are still there, or were
 * deleted by retention. */
static int64_t assign_start(struct engine *engine, const struct input *input, struct progress *progress)
{
    /* Where nothing says how far deliveries went, they may have gone to the end. */
    const struct progress nothing = {.reach = input->end};
    enum log_change change;
    if (!progress_read(input->metadata, progress))
        *progress = nothing;
    if (input->offset < input->begin)
        change = LOG_DELETED;
    else if (input->offset > input->end)
        change = LOG_SHORTER;
    else if (progress->has_secret && !progress->has_last && !progress->inside && input->offset > input->begin)
        change = LOG_OTHER; /* who has committed that had begun where the log did */
    else if (assign_misses(input, progress->has_last, progress->last, progress->last_stamp, input->last_stamp) ||
             assign_misses(input, progress->has_seen, progress->seen, progress->seen_stamp, input->seen_stamp))
        change = LOG_OTHER;
    else
        return input->offset;
    *progress = nothing;
    struct effect *effect = effect_add(engine, EFFECT_LOG_CHANGED, input->partition);
    effect->change = change;
    effect->offset = input->offset;
    return input->begin;
}

static bool assign_is_own(const struct engine *engine, const struct member *by)
{
    return by->name == engine->options.member.name && by->holder == engine->options.member.holder;
}

/* Kafka gives a member's partitions at once to whoever joins under its name, and the former member hears of it by its next
 * heartbeat. After any other assignment nobody else has a lease any more; here the former member may. What it commits is refused
 * from the assignment on, so it starts nothing at or beyond the reach, and nothing once its lease is over. */
static void assign_after(struct engine *engine, struct partition *partition, const struct progress *by_namesake)
{
    const struct delivery_limits *limits = &engine->options.limits;
    struct mono from = engine->now.mono;
    if (by_namesake != NULL) {
        from = mono_after(from, engine->options.lease_ms);
        if (partition->in_doubt_end < by_namesake->reach)
            partition->in_doubt_end = by_namesake->reach; /* what comes into the log now, too */
        effect_add(engine, EFFECT_NAMESAKE, partition->id);
    }
    partition->namesake_until = from;
    partition->in_doubt_absent_from = mono_after(from, limits->http_timeout_ms + limits->settle_ms);
    partition->first_from = mono_after(from, engine->options.spacing_ms);
}

void assign(struct engine *engine, const struct input *input)
{
    int32_t id = input->partition;
    assert(id < engine->options.partition_count);
    if (engine->partitions[id] != NULL) /* librdkafka may say so when a topic's metadata changed */
        lose(engine, engine->partitions[id]);
    if (engine->stopping)
        return;
    struct progress progress;
    /* Its marks and receipts would be unknown here, and all that is under way, or repeated, shown again. */
    bool names_secret = progress_read(input->metadata, &progress) && progress.has_secret;
    if (names_secret && !engine_knows_secret(engine, progress.secret)) {
        effect_add(engine, EFFECT_OTHER_SECRET, id)->secret = progress.secret;
        return;
    }
    bool renewed = names_secret && progress.secret != engine->secret;
    const struct progress before = progress;
    bool named = engine->options.member.name != 0, is_own = assign_is_own(engine, &before.by);
    bool namesake = named && !is_own && before.by.name == engine->options.member.name;
    int64_t start = assign_start(engine, input, &progress);
    struct partition *partition = partition_new(id, start, engine->options.reach_step, engine->options.hash_key);
    engine->partitions[id] = partition;
    engine->leased = false;
    if (progress.has_last) {
        partition->offsets.last = progress.last;
        partition->offsets.last_stamp = progress.last_stamp;
    } else if (start > input->begin && input->last_stamp != 0) {
        partition->offsets.last = start - 1;
        partition->offsets.last_stamp = input->last_stamp;
    } else {
        partition->inside = start > input->begin;
    }
    log_check_begin(engine, partition);
    partition->in_doubt_end = progress.reach < input->end ? progress.reach : input->end;
    assign_after(engine, partition, namesake ? &before : NULL);
    partition->announced = !named || is_own;
    partition->assigned_at = engine->now.mono;
    partition->assigned_end = input->end;
    partition->reach = progress.reach;
    partition->receipts_from = partition->receipts_end = progress.receipts;
    partition->untouched = input->never_committed;
    /* An idle partition would name the previous secret for ever, and lock out workers that do not have it any more. */
    partition->commit_again = renewed || !partition->announced;
    partition->admitted.ms = progress.admitted_ms;
    partition->receipts_since.ms = progress.admitted_ms > engine->options.window_ms
                                       ? progress.admitted_ms - engine->options.window_ms
                                       : 0;
}

/* ---- what a partition that was lost has left under way ---- */

void orphans_add(struct engine *engine, engine_handle handle, int32_t partition)
{
    engine->orphans = mem_grow(engine->orphans, engine->orphan_count + 1, sizeof(*engine->orphans));
    engine->orphans[engine->orphan_count++] = (struct orphan){handle, partition};
}

void orphans_done(struct engine *engine, engine_handle handle)
{
    size_t i = 0;
    while (i < engine->orphan_count && engine->orphans[i].handle != handle)
        i++;
    if (i < engine->orphan_count)
        engine->orphans[i] = engine->orphans[--engine->orphan_count];
}

static bool orphans_has(const struct engine *engine, int32_t partition)
{
    for (size_t i = 0; i < engine->orphan_count; i++)
        if (engine->orphans[i].partition == partition)
            return true;
    return false;
}

/* Only now are all of this worker's own receipts among those that will be read. */
static void rebuild_begin(struct engine *engine, struct partition *partition)
{
    partition->state = PARTITION_REBUILDING;
    window_fill(&partition->window);
    struct effect *effect = effect_add(engine, EFFECT_READ_RECEIPTS, partition->id);
    effect->offset = partition->receipts_from;
    effect->since = partition->receipts_since;
}

void leave(struct engine *engine, struct job *job)
{
    if (delivery_may_be_shown(&job->delivery))
        job->partition->inherited = true;
    if (job->admitted_at_ms < job->partition->left.ms)
        job->partition->left.ms = job->admitted_at_ms;
    if (job->producing)
        orphans_add(engine, job->handle, job->partition->id);
    job_drop(engine, job);
}

static void drop_jobs(struct engine *engine, struct partition *partition)
{
    while (!TAILQ_EMPTY(&partition->jobs))
        leave(engine, TAILQ_FIRST(&partition->jobs));
}

/* A pause is the consumer's, not the assignment's: it would be there still when the partition comes again. */
static void release(struct engine *engine, struct partition *partition)
{
    if (partition->paused)
        effect_add(engine, EFFECT_RESUME, partition->id);
    glances_drop(engine, partition);
    effect_add(engine, EFFECT_RELEASED, partition->id);
    engine->partitions[partition->id] = NULL;
    partition_free(partition);
}

/* What was not begun is left to the next owner: it starts where the commit says. One in doubt that waits to be read back is
 * such a one too, and stays in doubt. */
static void drop_unstarted(struct engine *engine, struct partition *partition)
{
    for (struct job *job = TAILQ_FIRST(&partition->jobs), *next; job != NULL; job = next) {
        next = TAILQ_NEXT(job, in_list);
        bool waits = job->state == JOB_QUEUED || job->state == JOB_READY || job->state == JOB_WAITING;
        if (waits && (!job->delivery.unknown || job->delivery.attempts == 0))
            leave(engine, job);
    }
}

void revoke(struct engine *engine, struct partition *partition)
{
    if (partition->state == PARTITION_DRAINING || partition->state == PARTITION_COMMITTING)
        return;
    partition->inherited =
        partition->state != PARTITION_RUNNING || partition->offsets.next < partition->in_doubt_end;
    partition->state = PARTITION_DRAINING;
    partition->drain_end = mono_after(engine->now.mono, engine->options.drain_ms);
    drop_unstarted(engine, partition);
    glances_hurry(engine, partition);
}

void lose(struct engine *engine, struct partition *partition)
{
    drop_jobs(engine, partition);
    release(engine, partition);
}

void lose_changed(struct engine *engine, struct partition *partition, int64_t offset)
{
    struct effect *effect = effect_add(engine, EFFECT_LOG_CHANGED, partition->id);
    effect->change = LOG_WENT_BACK;
    effect->offset = offset;
    lose(engine, partition);
}

static void commit(struct engine *engine, struct partition *partition)
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
static void refuse_without_room(struct engine *engine, struct job *job)
{
    if (!admit_may_refuse(engine, job))
        return;
    job->no_room = false;
    if (job->account->memory_used <= job->account->options.memory_bytes)
        return;
    timer_clear(&engine->timers, &job->timer);
    settle(engine, job, admit_refuse(engine, job));
}

/* Heads that waited for the reach. Where any were settled by that, and are gone, it begins anew. */
static void run_within_reach(struct engine *engine, struct partition *partition)
{
    for (struct job *job = TAILQ_FIRST(&partition->jobs), *next; job != NULL; job = next) {
        next = TAILQ_NEXT(job, in_list);
        size_t count = partition->job_count;
        struct account *account = job->account;
        if (job->state == JOB_QUEUED)
            refuse_without_room(engine, job);
        if (job->state == JOB_QUEUED && job->queue->head == &job->in_queue) {
            run_head(engine, job->queue);
            run_ready(engine, account);
        }
        if (partition->job_count != count)
            next = TAILQ_FIRST(&partition->jobs);
    }
}

/* The lease is valid again: everything that waited for it goes on. */
static void lease_renewed(struct engine *engine)
{
    for (int32_t i = 0; i < engine->options.partition_count; i++)
        if (engine->partitions[i] != NULL && engine->partitions[i]->state == PARTITION_RUNNING)
            run_within_reach(engine, engine->partitions[i]);
}

static void lease_extend(struct engine *engine, struct mono sent)
{
    bool had = engine_has_lease(engine);
    if (!engine->leased || sent.ms > engine->lease_from.ms)
        engine->lease_from = sent;
    engine->leased = true;
    if (!had && engine_has_lease(engine))
        lease_renewed(engine);
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
    lease_extend(engine, partition->commit_sent);
    if (partition->state == PARTITION_RUNNING && (waited || partition_reach(partition) > before))
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
        return; /* a late answer to a commit of an earlier assignment */
    if (ok)
        commit_accepted(engine, partition);
    else
        commit_failed(engine, partition);
    partition->committing = -1;
    if (partition->state == PARTITION_COMMITTING &&
        (ok || mono_reached(partition->drain_end, engine->now.mono)))
        release(engine, partition);
}

/* Its time is over: what has no outcome yet is left to the next owner. A receipt that is under way is waited for,
 * or it could be written after that one has read the receipts. */
static void drop_undecided(struct engine *engine, struct partition *partition)
{
    for (struct job *job = TAILQ_FIRST(&partition->jobs), *next; job != NULL; job = next) {
        next = TAILQ_NEXT(job, in_list);
        if (!job->producing)
            leave(engine, job);
    }
}

static void drain(struct engine *engine, struct partition *partition)
{
    partition->drained = partition->drained || mono_reached(partition->drain_end, engine->now.mono);
    if (partition->drained) {
        drop_undecided(engine, partition);
        glances_drop(engine, partition);
    }
    if (partition->job_count > 0 || partition->glance_count > 0 || partition->committing >= 0 ||
        orphans_has(engine, partition->id) || !mono_reached(partition->namesake_until, engine->now.mono))
        return; /* the last commit is sent when the one under way is answered */
    partition->state = PARTITION_COMMITTING;
    commit(engine, partition);
}

/* While something is under way the lease is kept young; where nothing is, nobody needs one. */
static struct mono commit_due(const struct engine *engine, const struct partition *partition)
{
    struct mono due = partition_commit_due(partition);
    bool idle = TAILQ_EMPTY(&partition->jobs) && partition->glance_count == 0;
    if (engine->options.lease_ms == 0 || idle || partition->committing >= 0)
        return due;
    struct mono renew = engine->leased ? mono_after(engine->lease_from, LEASE_RENEW_MS) : partition->reach_at;
    return mono_earlier(due, mono_later(renew, partition->reach_at));
}

static void assign_pause(struct engine *engine, struct partition *partition)
{
    bool wanted = offsets_span(&partition->offsets) >= OFFSETS_SPAN_MAX;
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
        if (mono_reached(commit_due(engine, partition), engine->now.mono))
            commit(engine, partition);
        log_check_turn(engine, partition);
        assign_pause(engine, partition);
        break;
    case PARTITION_DRAINING:
        drain(engine, partition);
        break;
    case PARTITION_COMMITTING:
        if (partition->committing < 0 && mono_reached(partition->commit_at, engine->now.mono))
            commit(engine, partition);
        break;
    case PARTITION_ASSIGNED:
        if (!orphans_has(engine, partition->id) && mono_reached(partition->namesake_until, engine->now.mono))
            rebuild_begin(engine, partition);
        break;
    case PARTITION_REBUILDING:
        break;
    }
}

struct mono partition_deadline(const struct engine *engine, const struct partition *partition)
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
