#include "engine/deadline.h"

#include "engine/internal.h"

void deadline_begin(const struct engine *engine, struct job *job, int64_t within_ms)
{
    const struct partition *partition = job->partition;
    bool is_young = job->record->offset >= partition->assigned_end; /* it was published since */
    job->until.ms = job->admitted_at_ms + within_ms;
    job->over_from = mono_after(engine->now.mono, within_ms);
    job->open_until = is_young ? mono_after(partition->assigned_at, within_ms) : (struct mono){INT64_MIN};
}

struct mono deadline_of(const struct engine *engine, const struct job *job)
{
    if (engine->options.admit_by_clock) /* it was admitted when it was read */
        return job->over_from;
    return mono_earlier(job->over_from, remote_clock_reaches(&engine->broker_clock, job->until));
}

bool deadline_is_doubtful(const struct engine *engine, const struct job *job)
{
    if (engine->options.admit_by_clock || engine->broker_is_mute || !delivery_may_be_given_up(&job->delivery) ||
        !remote_clock_is_vague(&engine->broker_clock) || mono_reached(deadline_of(engine, job), engine->now.mono))
        return false;
    return mono_reached(job->open_until, engine->now.mono) &&
           remote_clock_guess(&engine->broker_clock, engine->now).ms >= job->until.ms;
}

/* Those that wait for the end of their time wait too long where it comes sooner than was known. */
static void deadline_sooner(struct engine *engine, struct job *job)
{
    bool waits = job->state == JOB_QUEUED || job->state == JOB_READY || job->state == JOB_WAITING;
    struct mono at = deadline_of(engine, job);
    if (waits && job->timer.place > 0 && !job->delivery.unknown && at.ms < job->timer.at.ms)
        timer_set(&engine->timers, &job->timer, at);
}

void deadline_hear(struct engine *engine, struct wall stamp, struct mono asked)
{
    const struct remote_clock *clock = &engine->broker_clock;
    bool was_known = clock->known;
    remote_clock_hear(&engine->broker_clock, stamp, 1, asked, engine->now.mono);
    /* Two brokers whose clocks differ, one after the other, wake nobody again. */
    if (was_known && clock->least_ms < engine->deadlines_by_ms + DEADLINE_GRAIN_MS)
        return;
    engine->deadlines_by_ms = clock->least_ms;
    struct job *job;
    for (int32_t i = 0; i < engine->options.partition_count; i++)
        if (engine->partitions[i] != NULL)
            TAILQ_FOREACH(job, &engine->partitions[i]->jobs, in_list)
                deadline_sooner(engine, job);
}
