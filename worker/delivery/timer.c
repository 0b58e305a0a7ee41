#include "delivery/timer.h"

#include <stdlib.h>

#include "base/mem.h"

void timers_done(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){0};
}

static void timers_put(struct timers *timers, size_t place, struct timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

static void timers_rise(struct timers *timers, size_t place)
{
    struct timer *timer = timers->heap[place];
    while (place > 1 && timers->heap[place / 2]->at.ms > timer->at.ms) {
        timers_put(timers, place, timers->heap[place / 2]);
        place /= 2;
    }
    timers_put(timers, place, timer);
}

static void timers_sink(struct timers *timers, size_t place)
{
    struct timer *timer = timers->heap[place];
    while (place * 2 <= timers->count) {
        size_t child = place * 2;
        if (child < timers->count && timers->heap[child + 1]->at.ms < timers->heap[child]->at.ms)
            child++;
        if (timers->heap[child]->at.ms >= timer->at.ms)
            break;
        timers_put(timers, place, timers->heap[child]);
        place = child;
    }
    timers_put(timers, place, timer);
}

void timer_set(struct timers *timers, struct timer *timer, struct mono at)
{
    timer_clear(timers, timer);
    if (timers->count + 2 > timers->capacity) {
        timers->capacity = timers->capacity == 0 ? 64 : timers->capacity * 2;
        timers->heap = mem_grow(timers->heap, timers->capacity, sizeof(*timers->heap));
    }
    timer->at = at;
    timers_put(timers, ++timers->count, timer);
    timers_rise(timers, timers->count);
}

void timer_clear(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place;
    if (place == 0)
        return;
    timer->place = 0;
    struct timer *last = timers->heap[timers->count--];
    if (last == timer)
        return;
    timers_put(timers, place, last);
    timers_rise(timers, place);
    timers_sink(timers, last->place);
}

struct timer *timers_due(struct timers *timers, struct mono now)
{
    if (timers->count == 0 || !mono_reached(timers->heap[1]->at, now))
        return NULL;
    struct timer *timer = timers->heap[1];
    timer_clear(timers, timer);
    return timer;
}

struct mono timers_next(const struct timers *timers)
{
    return timers->count == 0 ? MONO_NEVER : timers->heap[1]->at;
}
