#include "engine/job.h"

#include <stdlib.h>

#include "base/mem.h"
#include "engine/internal.h"
#include "engine/lease.h"

/* A record's stamp may be anything that its producer wrote before the topic was given the broker's clock. */
#define ADMITTED_MOST_MS (1LL << 53)

#define ASK_AGAIN_MS 1000

static int64_t admitted_at_ms(const struct engine *engine, const struct record *record)
{
    int64_t ms = engine->options.admit_by_clock ? engine->now.wall.ms : record->timestamp_ms;
    return ms < 0 ? 0 : ms > ADMITTED_MOST_MS ? ADMITTED_MOST_MS : ms;
}

struct job *job_new(struct engine *engine, struct partition *partition, const struct record *record)
{
    struct job *job = mem_new(1, sizeof(*job));
    struct record head = *record;
    head.value = SPAN_NONE;
    job->record = record_copy(&head);
    if (record->value.data != NULL) {
        job->value = mem_copy(record->value);
        job->record->value = (struct span){job->value, record->value.size};
    }
    job->admitted_at_ms = admitted_at_ms(engine, record);
    job->partition = partition;
    TAILQ_INSERT_TAIL(&partition->jobs, job, in_list);
    partition->job_count++;
    job->size = sizeof(*job) + record_size(job->record);
    engine->memory_used += job->size;
    partition->memory_used += job->size;
    job->handle = slots_add(&engine->jobs, job);
    return job;
}

void job_enter(const struct engine *engine, struct job *job, enum job_state state, const char *why)
{
    trace_tell(engine->options.trace, MACHINE_JOB, job, (int)job->state, (int)state, why);
    job->state = state;
}

void job_grow(struct engine *engine, struct job *job, size_t size)
{
    job->size += size;
    engine->memory_used += size;
    job->partition->memory_used += size;
    job->account->memory_used += size;
}

static void job_shrink(struct engine *engine, struct job *job, size_t size)
{
    job->size -= size;
    engine->memory_used -= size;
    job->partition->memory_used -= size;
    if (job->account != NULL)
        job->account->memory_used -= size;
}

void job_forget_message(struct engine *engine, struct job *job)
{
    size_t size = message_size(&job->message);
    message_done(&job->message);
    job_shrink(engine, job, size);
}

void job_forget_value(struct engine *engine, struct job *job)
{
    job_shrink(engine, job, job->record->value.size);
    free(job->value);
    job->value = NULL;
    job->record->value = SPAN_NONE;
}

enum outcome job_grant(const struct engine *engine, struct job *job)
{
    const struct keyring_entry *entry = keyring_find(engine->keyring, job->key_id);
    return entry == NULL ? OUTCOME_NONE
                         : event_check_grant(entry, span_of(job->account->options.name), &job->detail);
}

bool job_may_be_refused(const struct engine *engine, const struct job *job)
{
    const struct partition *partition = job->partition;
    return job->no_room && lease_is_held(engine) && partition->announced && !partition->unproved;
}

enum outcome job_refuse(const struct engine *engine, struct job *job)
{
    enum outcome grant = job_grant(engine, job);
    if (grant != OUTCOME_NONE)
        return grant;
    return detail_set(&job->detail, OUTCOME_BACKLOG, "%zu bytes of events wait for this account",
                      job->account->memory_used);
}

void job_ask_again_later(struct engine *engine, struct job *job)
{
    timer_set(&engine->timers, &job->timer, mono_after(engine->now.mono, ASK_AGAIN_MS));
}

void job_leave_queue(struct job *job)
{
    if (job->queue != NULL)
        queue_remove(job->queue, &job->in_queue);
    job->queue = NULL;
}

void job_drop(struct engine *engine, struct job *job)
{
    timer_clear(&engine->timers, &job->timer);
    if (job->state == JOB_READY)
        queue_remove(&job->account->ready, &job->in_ready);
    job_leave_queue(job);
    slots_remove(&engine->jobs, job->handle);
    TAILQ_REMOVE(&job->partition->jobs, job, in_list);
    job->partition->job_count--;
    engine->memory_used -= job->size;
    job->partition->memory_used -= job->size;
    if (job->account != NULL)
        job->account->memory_used -= job->size;
    TAILQ_INSERT_TAIL(&engine->gone, job, in_list);
}

void job_free(struct job *job)
{
    delivery_done(&job->delivery);
    message_done(&job->message);
    free(job->sender);
    free(job->value);
    free(job->record);
    free(job);
}
