/* A seeded stream of numbers for jitter: the same seed gives the same run. Not for secrets. (splitmix64, public domain,
 * Vigna.) */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t z = (rng->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 to bound - 1; bound must be positive. */
static inline int64_t rng_below(struct rng *rng, int64_t bound)
{
    return (int64_t)(rng_next(rng) % (uint64_t)bound);
}

#endif
