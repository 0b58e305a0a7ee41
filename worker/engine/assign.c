#include "engine/assign.h"

#include <assert.h>

#include "engine/effects.h"
#include "engine/internal.h"
#include "engine/log_check.h"
#include "engine/release.h"

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
        release_at_once(engine, engine->partitions[id]);
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
    partition->trace = engine->options.trace;
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
