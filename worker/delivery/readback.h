/* Reading back: is the message there? Every conversation of every customer that matches is gone through; "there" ends it,
 * one list that cannot be read makes the whole readback say nothing, and "absent" counts only late enough and often enough.
 * The part of a delivery in STEP_READBACK and STEP_READBACK_LIST. */
#ifndef DELIVERY_READBACK_H
#define DELIVERY_READBACK_H

#include "delivery/delivery.h"

/* What the readback asks for next. */
struct call readback_call(const struct delivery *delivery);
/* Its answer; `delay_ms`: how long to wait before reading back again where it could not be read. */
void readback_take(struct delivery *delivery, const struct call *call, const struct answer *answer,
                   int64_t delay_ms, struct mono now);
/* Frees where it still had to read. */
void readback_done(struct delivery_search *search);

#endif
