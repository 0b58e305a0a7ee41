/* Who waits until when: a binary heap of timers that their owners embed. */
#ifndef DELIVERY_TIMER_H
#define DELIVERY_TIMER_H

#include <stddef.h>

#include "base/moment.h"

enum timer_owner { TIMER_JOB, TIMER_ACCOUNT, TIMER_GLANCE };

struct timer {
    enum timer_owner owner; /* what embeds it */
    struct mono at;
    size_t place; /* in the heap, counted from 1; 0: not set */
};

struct timers {
    struct timer **heap; /* heap[1] is the earliest */
    size_t count, capacity;
};

void timers_done(struct timers *timers);
/* Sets or moves it. */
void timer_set(struct timers *timers, struct timer *timer, struct mono at);
/* Does nothing where it is not set. */
void timer_clear(struct timers *timers, struct timer *timer);
/* Takes out one that is due, or NULL. */
struct timer *timers_due(struct timers *timers, struct mono now);
/* When the earliest is due; MONO_NEVER. */
struct mono timers_next(const struct timers *timers);

#endif
