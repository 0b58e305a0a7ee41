/* Reading back: is the message there? Every conversation of every customer that matches is gone through; "there" ends it,
 * one list that cannot be read makes the whole look say nothing, and "absent" counts only late enough and often enough.
 * The part of a delivery in STEP_LOOK and STEP_LOOK_THROUGH. */
#ifndef DELIVERY_LOOK_H
#define DELIVERY_LOOK_H

#include "delivery/delivery.h"

/* What the look asks for next. */
struct call look_call(const struct delivery *delivery);
/* Its answer; `delay_ms`: how long to wait before looking again where it could not be read. */
void look_take(struct delivery *delivery, const struct call *call, const struct answer *answer,
               int64_t delay_ms, struct mono now);
/* Frees where it still had to look. */
void look_done(struct delivery_search *search);

#endif
