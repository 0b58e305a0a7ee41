#include "engine/backlog.h"

#include "engine/internal.h"
#include "engine/lease.h"

bool backlog_may_refuse(const struct engine *engine, const struct job *job)
{
    const struct partition *partition = job->partition;
    return job->no_room && lease_is_held(engine) && partition->announced && !partition->unproved;
}

enum outcome backlog_refuse(const struct engine *engine, struct job *job)
{
    enum outcome grant = job_grant(engine, job);
    if (grant != OUTCOME_NONE)
        return grant;
    return detail_set(&job->detail, OUTCOME_BACKLOG, "%zu bytes of events wait for this account",
                      job->account->memory_used);
}
