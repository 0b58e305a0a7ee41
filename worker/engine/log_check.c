#include "engine/log_check.h"

#include "engine/effects.h"
#include "engine/internal.h"
#include "engine/release.h"

static struct mono log_check_next(const struct engine *engine)
{
    int64_t every_ms = engine->options.log_check_ms;
    return every_ms == 0 ? MONO_NEVER : mono_after(engine->now.mono, every_ms);
}

void log_check_begin(const struct engine *engine, struct partition *partition)
{
    partition->witness = (struct witness){partition->offsets.last, partition->offsets.last_stamp};
    partition->newest = partition->witness;
    partition->check_at = log_check_next(engine);
}

/* Where nothing of the log was known, it may be another than that of which the commit was accepted by which deliveries may
 * start: with its topic that commit is gone, and the next owner would have nothing in doubt. So one more is wanted, but not
 * for what is in doubt, which is read back first. */
void log_check_read(const struct engine *engine, struct partition *partition, int64_t offset, uint32_t stamp)
{
    partition->newest = (struct witness){offset, stamp};
    if (partition->witness.stamp != 0)
        return;
    partition->witness = partition->newest;
    partition->unproved = true;
    partition->unproved_until = engine->last_commit;
}

void log_check_turn(struct engine *engine, struct partition *partition)
{
    if (!mono_reached(partition->check_at, engine->now.mono))
        return;
    partition->check_at = log_check_next(engine);
    if (partition->witness.stamp == 0)
        return;
    partition->check_handle = ++engine->last_check;
    partition->asked = partition->witness;
    partition->asked_at = partition->newest;
    struct effect *effect = effect_add(engine, EFFECT_CHECK_LOG, partition->id);
    effect->handle = partition->check_handle;
    effect->offset = partition->asked.offset;
}

void log_check_answered(struct engine *engine, struct partition *partition, const struct input *input)
{
    const struct witness *asked = &partition->asked;
    if (partition->state != PARTITION_RUNNING || input->handle != partition->check_handle)
        return;
    partition->check_handle = 0;
    bool stands = input->offset == asked->offset && input->last_stamp == asked->stamp;
    bool deleted = input->offset > asked->offset && input->begin > asked->offset; /* by retention */
    if (!stands && !deleted)
        release_changed(engine, partition, asked->offset);
    else if (deleted && partition->asked_at.offset < input->begin)
        partition->witness = (struct witness){0}; /* all that was read; the next record will do */
    else
        partition->witness = partition->asked_at;
}
