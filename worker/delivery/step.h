/* How a delivery changes its step: what delivery.c and readback.c share. */
#ifndef DELIVERY_STEP_H
#define DELIVERY_STEP_H

#include "delivery/delivery.h"

static inline void delivery_enter(struct delivery *d, enum delivery_step step, struct mono wake)
{
    d->step = step;
    d->wake = wake;
}

static inline void delivery_finish(struct delivery *d, enum outcome outcome)
{
    d->step = STEP_DONE;
    d->outcome = outcome;
    d->unknown = false;
}

/* The message was found. */
static inline void delivery_there(struct delivery *d, const struct answer *answer)
{
    d->message = answer->marked;
    if (answer->marked_in.text[0] != 0)
        d->conversation = answer->marked_in;
    delivery_finish(d, OUTCOME_DELIVERED);
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
