/* How many requests an account gets at once. Papercups serves most at 8 to 32 and collapses above, so the number is
 * found: up by one per window of answers without trouble, down by a third where answers fail or become slow. After five
 * failures in a row one request at a time goes out, with a growing pause, until one succeeds. */
#ifndef DELIVERY_PACE_H
#define DELIVERY_PACE_H

#include <stdbool.h>

#include "base/moment.h"
#include "base/rng.h"

struct pace {
    int32_t most;      /* never more than this */
    int32_t limit;     /* at once, now */
    int32_t answers;   /* in this window */
    bool used_up;      /* in this window the limit was reached */
    bool eased;        /* in this window it was taken down */
    unsigned failures; /* in a row */
    int64_t low_ms;    /* the shortest latency lately */
    int32_t low_age;   /* windows since it was seen */
    struct mono not_before;
};

void pace_init(struct pace *pace, int32_t most);
/* Whether one more may start beside `in_flight` others. */
bool pace_allows(const struct pace *pace, int32_t in_flight, struct mono now);
/* The answer to one of `in_flight` (itself included). */
void pace_succeeded(struct pace *pace, int64_t latency_ms, int32_t in_flight);
void pace_failed(struct pace *pace, struct mono now, struct rng *rng);
/* Papercups asked for a pause. */
void pace_pause(struct pace *pace, struct mono until);

#endif
