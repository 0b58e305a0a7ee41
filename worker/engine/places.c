#include "engine/places.h"

#include <assert.h>

#include "engine/glance.h"
#include "engine/internal.h"
#include "engine/run.h"
#include "engine/wake.h"

static void places_of(struct engine *engine, struct account *account)
{
    struct mono again = MONO_NEVER;
    while ((account->glances.head != NULL || account->ready.head != NULL) &&
           account_may_call(account, engine->now.mono, &again)) {
        if (account->glances.head != NULL) {
            glance_place(engine, GLANCE_OF(account->glances.head, in_ready));
            continue;
        }
        struct job *job = JOB_OF(account->ready.head, in_ready);
        assert(job->state == JOB_READY);
        queue_remove(&account->ready, &job->in_ready);
        run_place(engine, job);
    }
    if ((account->glances.head != NULL || account->ready.head != NULL) && again.ms != MONO_NEVER.ms)
        timer_set(&engine->timers, &account->timer, again);
}

void places_give(struct engine *engine)
{
    for (;;) {
        struct queue *queue = wake_next_queue(engine);
        struct account *account = queue == NULL ? wake_next_account(engine) : NULL;
        if (queue != NULL)
            run_head(engine, queue);
        else if (account != NULL)
            places_of(engine, account);
        else
            return;
    }
}
