#include "engine/judge.h"

#include "engine/internal.h"
#include "engine/settle.h"

static enum outcome judge_flood(const struct engine *engine, struct job *job)
{
    size_t limit = (size_t)engine->options.flood_limit;
    if (flood_pass(&job->queue->flood, limit, job->admitted_at_ms))
        return OUTCOME_NONE;
    return detail_set(&job->detail, OUTCOME_FLOOD,
                      "%zu events to this conversation in a minute are the limit", limit);
}

bool judge_time(struct engine *engine, struct job *job)
{
    if (job->judged || job->delivery.unknown || job->delivery.step == STEP_DONE)
        return true;
    job->judged = true;
    enum outcome outcome = job_grant(engine, job);
    if (outcome == OUTCOME_NONE)
        outcome = event_judge(keyring_find(engine->keyring, job->key_id), job->signed_at_s, job->ttl_s,
                              job->admitted_at_ms, &job->detail);
    if (outcome == OUTCOME_NONE)
        outcome = judge_flood(engine, job);
    if (outcome != OUTCOME_NONE)
        settle(engine, job, outcome);
    return outcome == OUTCOME_NONE;
}

/* Its account is none of this worker's, and may be of another, which has read its configuration earlier. What nobody can have
 * posted is refused. What an earlier owner may have posted can be read back only by a worker that knows the account: it ends as
 * unknown, and is remembered, so that it is read back before it is shown when it comes again. */
static void judge_stranger(struct engine *engine, struct job *job)
{
    int64_t failed_signed_at_s = 0;
    bool delivered = window_find(&job->partition->window, &job->marks[0], (struct wall){job->admitted_at_ms},
                                 &failed_signed_at_s) == WINDOW_DELIVERED;
    if (job->told != OUTCOME_NONE && (delivered || window_remembers(job->told)))
        settle_as_told(engine, job);
    else if (!job->delivery.unknown)
        settle(engine, job, OUTCOME_ACCOUNT_NOT_GRANTED);
    else if (delivered)
        settle(engine, job, OUTCOME_DUPLICATE);
    else
        settle(engine, job,
               detail_set(&job->detail, OUTCOME_UNKNOWN,
                          "an earlier owner may have posted it, and this worker does not know its account"));
}

bool judge_head(struct engine *engine, struct job *job)
{
    int64_t failed_signed_at_s = 0;
    struct wall admitted_at = {job->admitted_at_ms};
    if (job->account == NULL) {
        judge_stranger(engine, job);
        return false;
    }
    enum outcome grant = job->delivery.unknown ? OUTCOME_NONE : job_grant(engine, job);
    if (grant != OUTCOME_NONE) {
        settle(engine, job, grant);
        return false;
    }
    enum window_state state =
        window_find(&job->partition->window, &job->marks[0], admitted_at, &failed_signed_at_s);
    bool repeats_failed = state == WINDOW_FAILED && job->signed_at_s <= failed_signed_at_s;
    if (job->told != OUTCOME_NONE) {
        /* The failure that is known is its own, or else another record's. */
        if (state != WINDOW_DELIVERED && !(repeats_failed && !window_remembers(job->told)))
            return true;
        settle_as_told(engine, job);
        return false;
    }
    if (state == WINDOW_DELIVERED || repeats_failed) {
        settle(engine, job, OUTCOME_DUPLICATE);
        return false;
    }
    if (state == WINDOW_FAILED && !job->delivery.unknown) {
        if (!judge_time(engine, job))
            return false;
        delivery_doubt(&job->delivery, engine->now.mono, 1, "it failed before, and may be shown");
    }
    return true;
}
