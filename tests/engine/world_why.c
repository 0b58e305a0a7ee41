/* What an engine's machines do, and why, in words: behind a "|" in a verbose trace. Left out is what the next line shows
 * anyway: that a call is ready, and made. */
#include "world_take.h"

#include "engine/internal.h"

static const char *const partition_words[] = {[PARTITION_ASSIGNED] = "assigned",
                                              [PARTITION_REBUILDING] = "rebuilding",
                                              [PARTITION_RUNNING] = "running",
                                              [PARTITION_DRAINING] = "draining",
                                              [PARTITION_COMMITTING] = "committing"};

static const char *const job_words[] = {
    [JOB_QUEUED] = "queued",   [JOB_READY] = "ready",   [JOB_CALLING] = "calling",
    [JOB_WAITING] = "waiting", [JOB_ASKING] = "asking", [JOB_DEAD_LETTER] = "dead letter",
    [JOB_RECEIPT] = "receipt"};

static const char *const step_words[] = {[STEP_RESOLVE] = "resolve",
                                         [STEP_CREATE] = "create",
                                         [STEP_HOST] = "host",
                                         [STEP_CONVERSATION] = "conversation",
                                         [STEP_CLOSED] = "closed",
                                         [STEP_REOPEN] = "reopen",
                                         [STEP_POST] = "post",
                                         [STEP_UNASSIGN] = "unassign",
                                         [STEP_READBACK] = "readback",
                                         [STEP_READBACK_LIST] = "readback list",
                                         [STEP_DONE] = "done"};

static const char *const glance_words[] = {[GLANCE_RESTS] = "rests",
                                           [GLANCE_WAITS] = "waits",
                                           [GLANCE_READY] = "ready",
                                           [GLANCE_CALLS] = "calls"};

static void tell_job(const struct worker *worker, const struct job *job, const char *from, const char *to,
                     const char *why)
{
    world_tell(worker->world, worker->number, "| %d/%lld %s -> %s: %s", (int)job->partition->id,
               (long long)job->record->offset, from, to, why);
}

static void tell_glance(const struct worker *worker, const struct glance *glance, const struct transition *t)
{
    world_tell(worker->world, worker->number, "| glance behind %d/%lld %s -> %s: %s",
               (int)glance->partition->id, (long long)glance->offset, glance_words[t->from],
               glance_words[t->to], t->why);
}

/* Whether the lines around it show it: those of its delivery do where it waits for that. */
static bool job_is_shown(const struct transition *t)
{
    return t->to == JOB_READY || t->to == JOB_CALLING || t->from == t->to || t->from == JOB_READY ||
           strcmp(t->why, "its delivery waits") == 0;
}

static void tell_partition(const struct worker *worker, const struct partition *partition,
                           const struct transition *t)
{
    world_tell(worker->world, worker->number, "| %d %s -> %s: %s", (int)partition->id, partition_words[t->from],
               partition_words[t->to], t->why);
}

static void tell_account(const struct worker *worker, const struct account *account, const struct transition *t)
{
    world_tell(worker->world, worker->number, "| %s %s -> %s: %s", account->options.name,
               account_hold_word((enum account_hold)t->from), account_hold_word((enum account_hold)t->to), t->why);
}

void world_hear(void *context, const struct transition *t)
{
    const struct worker *worker = context;
    if (!worker->world->verbose)
        return;
    switch (t->machine) {
    case MACHINE_PARTITION:
        tell_partition(worker, t->of, t);
        break;
    case MACHINE_ACCOUNT:
        if (t->from != t->to)
            tell_account(worker, t->of, t);
        break;
    case MACHINE_JOB:
        if (!job_is_shown(t))
            tell_job(worker, t->of, job_words[t->from], job_words[t->to], t->why);
        break;
    case MACHINE_DELIVERY:
        tell_job(worker, JOB_OF(t->of, delivery), step_words[t->from], step_words[t->to], t->why);
        break;
    case MACHINE_GLANCE:
        if (t->to != GLANCE_CALLS)
            tell_glance(worker, t->of, t);
        break;
    }
}
