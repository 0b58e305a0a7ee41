/* How many requests an account gets at once. Papercups serves most at some number, less below it, and less above it,
 * where calls only wait for each other; which number that is changes with its load and with the road to it, so it is found.
 *
 * The answers are looked at in rounds: one round trip and at least a dozen answers, to calls that began since the round
 * did; so what was begun before the last change is no reason for another. Every 24th round is a light one, with half the
 * limit: how long calls take then, each kind by itself, is what they take without waiting. In the others, that by what
 * they take is the part of the limit that is being served, not waiting; a quarter and one above it is where the limit
 * goes, half the way each round.
 *
 * A failure takes it down by a third, once per round. After five failures in a row one request at a time goes out, the
 * next one at most five seconds after the last one ended, until one succeeds. */
#ifndef DELIVERY_CONCURRENCY_H
#define DELIVERY_CONCURRENCY_H

#include <stdbool.h>

#include "base/moment.h"
#include "base/rng.h"
#include "delivery/answer.h"

#define CONCURRENCY_PROBE_MS 5000 /* at most, from one probe's end to the next: Papercups may be back */

/* What a kind of call takes where it does not wait. */
struct concurrency_low {
    int64_t us;    /* the mean of the last few in light rounds */
    int32_t count; /* of these; 0: none was seen yet */
};

struct concurrency_round {
    struct mono began;
    int32_t answers, full;    /* how many there were; and while all places were taken */
    int64_t took_us, lows_us; /* what they took, and what they would have without waiting */
    bool light;
};

struct concurrency {
    int32_t most;  /* never more than this */
    int32_t limit; /* at once, now; half of it in a light round */
    struct concurrency_low lows[CALL_KINDS];
    struct concurrency_round round;
    int32_t rounds;    /* since the last light one */
    int32_t lit_limit; /* the limit then */
    bool failed;       /* since then: up by one a round, no more */
    unsigned failures; /* in a row */
    struct mono not_before;
};

void concurrency_init(struct concurrency *concurrency, int32_t most);
/* Never more than `most` from now on. */
void concurrency_bound(struct concurrency *concurrency, int32_t most);
/* Whether one more may start beside `in_flight` others. */
bool concurrency_allows(const struct concurrency *concurrency, int32_t in_flight, struct mono now);
/* Whether one at a time goes out, because of failures. */
bool concurrency_is_open(const struct concurrency *concurrency);
/* The answer to one of `in_flight` (itself included), which began at `started`. */
void concurrency_succeeded(struct concurrency *concurrency, enum call_kind kind, struct mono started,
                           int32_t in_flight, struct mono now);
void concurrency_failed(struct concurrency *concurrency, struct mono started, struct mono now,
                        struct rng *rng);
/* Papercups asked for a pause. */
void concurrency_pause(struct concurrency *concurrency, struct mono until);

#endif
