/* How long to wait before trying again. */
#ifndef DELIVERY_RETRY_H
#define DELIVERY_RETRY_H

#include "base/rng.h"

#define RETRY_FIRST_MS      500
#define RETRY_MOST_MS       30000
#define RETRY_AFTER_MOST_MS 300000 /* of what a server may ask for */

/* Full jitter: 1 ms to 0.5 s, doubling with each try to 30 s. `tries` counts from 0. */
static inline int64_t retry_delay_ms(unsigned tries, struct rng *rng)
{
    int64_t most = tries >= 6 ? RETRY_MOST_MS : RETRY_FIRST_MS << tries;
    return 1 + rng_below(rng, most < RETRY_MOST_MS ? most : RETRY_MOST_MS);
}

/* What a server asks for, as far as it is obeyed. */
static inline int64_t retry_after_bounded_ms(int64_t asked_ms)
{
    return asked_ms < RETRY_AFTER_MOST_MS ? asked_ms : RETRY_AFTER_MOST_MS;
}

#endif
