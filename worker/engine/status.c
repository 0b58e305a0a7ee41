/* What an engine tells its owner of itself: engine.h's questions. */
#include "engine/internal.h"
#include "engine/lease.h"

/* Whether Papercups is what it waits for, and fails every call. */
static bool status_is_open(const struct job *job)
{
    return (job->state == JOB_READY || job->state == JOB_CALLING || job->state == JOB_WAITING) &&
           job->account->hold == ACCOUNT_OPEN && concurrency_is_open(&job->account->concurrency);
}

/* Why the oldest record of a partition that runs has no outcome yet. */
static const char *status_of_job(const struct engine *engine, const struct job *job)
{
    const struct delivery *delivery = &job->delivery;
    if (!lease_is_held(engine))
        return "the group accepts no commit, so the partition may be another's: is Kafka well?";
    if (status_is_open(job))
        return "Papercups fails every call, so one at a time goes out until one succeeds: see event=trouble";
    switch (job->state) {
    case JOB_QUEUED:
        return !partition_may_start(job->partition, job->record->offset)
                   ? "no commit was accepted that lets it begin: is Kafka well?"
                   : "its customer had a message a moment ago";
    case JOB_READY:
        return job->account->hold != ACCOUNT_OPEN ? "its account is held: see event=account"
               : job->account->doubted ? "a call was refused, and /api/v1/me is asked whether all are"
               : !mono_reached(job->account->concurrency.not_before, engine->now.mono)
                   ? "Papercups has asked for a pause"
                   : "its account makes as many calls as it may";
    case JOB_CALLING:
        return "Papercups is asked";
    case JOB_WAITING:
        return delivery->unknown
                   ? "it may be shown already, and Papercups cannot be read, or may still be at it"
                   : "Papercups does not take it: see event=trouble";
    case JOB_ASKING:
    case JOB_DEAD_LETTER:
    case JOB_RECEIPT:
        break;
    }
    return "Kafka does not acknowledge its dead letter or receipt";
}

static const char *status_why(const struct engine *engine, const struct partition *partition)
{
    switch (partition->state) {
    case PARTITION_ASSIGNED:
        return mono_reached(partition->namesake_until, engine->now.mono)
                   ? "Kafka does not acknowledge what this worker wrote before the partition was lost"
                   : "another worker of this one's group_instance_id may still have it: see event=namesake";
    case PARTITION_REBUILDING:
        return "its receipts are being read";
    case PARTITION_DRAINING:
    case PARTITION_COMMITTING:
        return "it is being given up";
    case PARTITION_RUNNING:
        break;
    }
    if (!TAILQ_EMPTY(&partition->jobs))
        return status_of_job(engine, TAILQ_FIRST(&partition->jobs));
    return partition->paused || engine->full ? "waiting events fill the memory"
                                             : "no record comes from Kafka";
}

bool engine_status(const struct engine *engine, int32_t partition, struct partition_status *out)
{
    const struct partition *found =
        partition < engine->options.partition_count ? engine->partitions[partition] : NULL;
    if (found == NULL)
        return false;
    bool begins = found->state == PARTITION_ASSIGNED || found->state == PARTITION_REBUILDING;
    *out = (struct partition_status){.settled = found->offsets.low,
                                     .progress = found->offsets.low + found->offsets.beyond,
                                     .unsettled = found->job_count,
                                     .begins = begins,
                                     .rebuilt = found->rebuilt,
                                     .since = begins ? found->assigned_at : found->rebuilt_at,
                                     .because = status_why(engine, found)};
    return true;
}

bool engine_knows_secret(const struct engine *engine, uint64_t secret)
{
    return secret == engine->secret || (engine->has_previous && secret == engine->previous_secret) ||
           (engine->options.lost_secret != 0 && secret == engine->options.lost_secret);
}

bool engine_oldest(const struct engine *engine, struct wall *admitted)
{
    admitted->ms = INT64_MAX;
    for (int32_t i = 0; i < engine->options.partition_count; i++) {
        const struct partition *partition = engine->partitions[i];
        const struct job *first = partition == NULL ? NULL : TAILQ_FIRST(&partition->jobs);
        if (first != NULL && first->admitted_at_ms < admitted->ms)
            admitted->ms = first->admitted_at_ms;
    }
    return admitted->ms != INT64_MAX;
}

bool engine_has_room(const struct engine *engine)
{
    return !engine->full;
}

size_t engine_held(const struct engine *engine, int32_t partition)
{
    const struct partition *found = engine->partitions[partition];
    bool scarce = engine->memory_used >= (size_t)engine->options.memory_bytes / 2;
    return found == NULL || !scarce ? 0 : found->memory_used;
}

const struct account *engine_next_account(const struct engine *engine, const struct account *account)
{
    struct map_node *node = map_next(&engine->accounts, account == NULL ? NULL : &account->node);
    return node == NULL ? NULL : MAP_ENTRY(node, struct account, node);
}

uint64_t engine_secret(const struct engine *engine)
{
    return engine->secret;
}

const struct remote_clock *engine_broker_clock(const struct engine *engine)
{
    return &engine->broker_clock;
}

const struct call_times *engine_call_times(const struct engine *engine)
{
    return &engine->call_times;
}

const uint64_t *engine_outcomes(const struct engine *engine)
{
    return engine->outcomes;
}

size_t engine_paused(const struct engine *engine)
{
    size_t count = 0;
    for (int32_t i = 0; i < engine->options.partition_count; i++)
        count += engine->partitions[i] != NULL && (engine->full || engine->partitions[i]->paused);
    return count;
}

size_t engine_unsettled(const struct engine *engine)
{
    return engine->jobs.count;
}

size_t engine_requests(const struct engine *engine)
{
    return engine->requests.count;
}
