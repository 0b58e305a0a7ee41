/* Which machine has gone from which state into which, and why: for stories that people read. Where nobody listens, which is
 * everywhere but in tests, it costs a look at a pointer. */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stddef.h>

enum machine {
    MACHINE_PARTITION, /* of: struct partition; from, to: enum partition_state; and likewise */
    MACHINE_ACCOUNT,   /* struct account, enum account_hold */
    MACHINE_JOB,       /* struct job, enum job_state */
    MACHINE_DELIVERY,  /* struct delivery, enum delivery_step */
    MACHINE_GLANCE,    /* struct glance, enum glance_state */
};

struct transition {
    enum machine machine;
    const void *of;
    int from, to;    /* may be the same: it goes on anew, for that reason */
    const char *why; /* in words */
};

struct trace {
    void (*hear)(void *context, const struct transition *transition);
    void *context;
};

/* `trace` may be NULL. To be called by the one function of a machine that sets its state. */
static inline void trace_tell(const struct trace *trace, enum machine machine, const void *of, int from,
                              int to, const char *why)
{
    if (trace != NULL)
        trace->hear(trace->context, &(struct transition){machine, of, from, to, why});
}

#endif
