/* How a delivery changes its step: what delivery.c, resolve.c and readback.c share. */
#ifndef DELIVERY_STEP_H
#define DELIVERY_STEP_H

#include "delivery/delivery.h"

/* The one place where a step is set. It is not asked what it wants before `wake`. */
static inline void step_enter(struct delivery *d, enum delivery_step step, struct mono wake, const char *why)
{
    trace_tell(d->trace, MACHINE_DELIVERY, d, (int)d->step, (int)step, why);
    d->step = step;
    d->wake = wake;
}

static inline void step_finish(struct delivery *d, enum outcome outcome, const char *why)
{
    step_enter(d, STEP_DONE, d->wake, why);
    d->outcome = outcome;
    d->unknown = false;
}

/* A failure: later again. */
static inline void step_retry(struct delivery *d, enum delivery_step step, int64_t delay_ms, struct mono now,
                              const char *why)
{
    d->tries++;
    d->page = 0; /* rows move from page to page: from the beginning */
    step_enter(d, step, mono_after(now, delay_ms), why);
}

/* The message was found. */
static inline void delivery_there(struct delivery *d, const struct answer *answer)
{
    d->message = answer->marked;
    if (answer->marked_in.text[0] != 0)
        d->conversation = answer->marked_in;
    step_finish(d, OUTCOME_DELIVERED, "its mark is there");
}

/* So it was answered at that moment, and the message is not there. */
static inline void delivery_refused(struct delivery *d, int status, struct mono at)
{
    if (d->refusals++ == 0)
        d->refused_since = at;
    d->refused_last = status;
}

/* Papercups has said 404. One may be a slip: only another that comes settle_ms behind the first is believed. */
static inline bool delivery_is_missing(struct delivery *d, struct mono now)
{
    if (d->missing_since.ms == 0)
        d->missing_since = now;
    return mono_reached(mono_after(d->missing_since, d->limits.settle_ms), now);
}

/* Where to post has to be found out anew. */
static inline void delivery_forget(struct delivery *d)
{
    d->customer = d->conversation = (struct uuid){{0}};
    d->page = 0;
}

#endif
