/* What an account's jobs share: the calls that are under way for it, its pauses, and whether it is held. */
#ifndef ENGINE_ACCOUNTS_H
#define ENGINE_ACCOUNTS_H

#include "engine/glance.h"
#include "engine/job.h"

/* A request under way: it outlives its job where that is dropped, because the account's place is taken until then. */
struct pending {
    engine_handle job, glance; /* whose it is; both 0: a probe of the account's own */
    struct account *account;   /* NULL: there is no such request */
    struct call call;
    struct mono started;
    bool aside; /* takes no place */
};

/* Makes the call that the job wants. */
void accounts_call(struct engine *engine, struct job *job);
void accounts_glance(struct engine *engine, const struct glance *glance);
/* The job's list is long under way: others may have its place. */
void accounts_set_aside(struct engine *engine, struct job *job);
/* Takes note of an answer and reads it (answer_done it); .account is NULL where nobody asked. */
struct pending accounts_answered(struct engine *engine, engine_handle handle, const struct reply *reply,
                                 struct answer *answer);
/* No call is made from now on but to ask whether its key is good. `why`: for the trace. */
void accounts_hold(struct engine *engine, struct account *account, const char *why);
void accounts_timer(struct engine *engine, struct account *account);

#endif
