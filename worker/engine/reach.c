#include "engine/reach.h"

#include "engine/backlog.h"
#include "engine/internal.h"
#include "engine/places.h"
#include "engine/settle.h"
#include "engine/wake.h"

/* There may be room by now. */
static void reach_refuse(struct engine *engine, struct job *job)
{
    if (!backlog_may_refuse(engine, job))
        return;
    job->no_room = false;
    if (job->account->memory_used <= job->account->options.memory_bytes)
        return;
    timer_clear(&engine->timers, &job->timer);
    settle(engine, job, backlog_refuse(engine, job));
}

/* One after the other: what a head settles at once makes room for the next. Where any are gone by that, it begins anew. */
void reach_moved(struct engine *engine, const struct partition *partition)
{
    for (struct job *job = TAILQ_FIRST(&partition->jobs), *next; job != NULL; job = next) {
        next = TAILQ_NEXT(job, in_list);
        size_t count = partition->job_count;
        if (job->state == JOB_QUEUED)
            reach_refuse(engine, job);
        if (job->state == JOB_QUEUED && job->queue->head == &job->in_queue) {
            wake_queue(engine, job->queue);
            places_give(engine);
        }
        if (partition->job_count != count)
            next = TAILQ_FIRST(&partition->jobs);
    }
}

void reach_of_all(struct engine *engine)
{
    for (int32_t i = 0; i < engine->options.partition_count; i++)
        if (engine->partitions[i] != NULL && engine->partitions[i]->state == PARTITION_RUNNING)
            reach_moved(engine, engine->partitions[i]);
}
