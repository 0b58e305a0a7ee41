#include "delivery/concurrency.h"

#include "delivery/retry.h"

#define LIMIT_FIRST      4
#define ROUND_ANSWERS    12    /* at least: fewer say too little */
#define ROUND_TRIPS      4     /* times all places: where these are few, a dozen answers take long */
#define LIGHT_EVERY      24    /* rounds: Papercups, or the road to it, may have changed */
#define LIGHT_FIRST      2     /* nothing is known yet */
#define LOW_ANSWERS      16    /* of which a low is the mean, about */
#define LOW_KEPT         4     /* of these, when a light round begins: the new ones count for more */
#define UNUSUAL_FACTOR   4     /* of the highest low: more is the one call's own affair, a long list */
#define WAIT_LEAST_US    20000 /* a quicker answer has not waited: what it took is this machine's own noise */
#define CIRCUIT_FAILURES 5

static void round_begin(struct concurrency *c, struct mono now, bool light)
{
    c->round = (struct concurrency_round){.began = now, .light = light};
    for (size_t i = 0; light && i < CALL_KINDS; i++)
        if (c->lows[i].count > LOW_KEPT)
            c->lows[i].count = LOW_KEPT;
}

void concurrency_init(struct concurrency *c, int32_t most)
{
    *c = (struct concurrency){.most = most, .limit = most < LIMIT_FIRST ? most : LIMIT_FIRST};
    c->lit_limit = c->limit;
    c->rounds = LIGHT_EVERY - LIGHT_FIRST;
    round_begin(c, (struct mono){-1}, false);
}

void concurrency_bound(struct concurrency *c, int32_t most)
{
    c->most = most;
    c->limit = c->limit < most ? c->limit : most;
}

static int32_t concurrency_limit(const struct concurrency *c)
{
    if (concurrency_is_open(c))
        return 1;
    return c->round.light && c->limit > 1 ? c->limit / 2 : c->limit;
}

bool concurrency_allows(const struct concurrency *c, int32_t in_flight, struct mono now)
{
    return in_flight < concurrency_limit(c) && mono_reached(c->not_before, now);
}

bool concurrency_is_open(const struct concurrency *c)
{
    return c->failures >= CIRCUIT_FAILURES;
}

/* Counts one answer in; its kind's low, which is never 0, learns in light rounds and from the first one of its kind. */
static void round_count(struct concurrency *c, enum call_kind kind, int64_t took_us)
{
    struct concurrency_low *low = &c->lows[kind];
    if (low->count == 0)
        low->us = took_us;
    int64_t highest = 0;
    for (size_t i = 0; i < CALL_KINDS; i++)
        highest = c->lows[i].us > highest ? c->lows[i].us : highest;
    if (took_us > UNUSUAL_FACTOR * highest)
        took_us = UNUSUAL_FACTOR * highest;
    if (c->round.light || low->count == 0) {
        low->count += low->count < LOW_ANSWERS;
        low->us += (took_us - low->us) / low->count;
    }
    c->round.took_us += took_us > WAIT_LEAST_US ? took_us : low->us;
    c->round.lows_us += low->us;
}

static int32_t between(int64_t least, int64_t number, int64_t most)
{
    return (int32_t)(number < least ? least : number > most ? most : number);
}

/* In hundredths: half the way to where it should be, and not further than a third down or a quarter up. */
static void concurrency_move(struct concurrency *c)
{
    const struct concurrency_round *round = &c->round;
    int64_t now = (int64_t)c->limit * 100;
    int64_t took = round->took_us > round->lows_us ? round->took_us : round->lows_us;
    int64_t served = (int64_t)((double)now * (double)round->lows_us / (double)took);
    int64_t next = (now + served * 5 / 4 + 100) / 2;
    int64_t most = c->failed ? now + 100 : now * 5 / 4 + 50;
    c->limit = between(1, (between(now * 2 / 3, next, most) + 50) / 100, c->most);
}

static void concurrency_end_round(struct concurrency *c, struct mono now)
{
    bool used_up = c->round.full * 4 >= c->round.answers * 3, light = false;
    c->rounds++;
    if (c->round.light) {
        c->rounds = 0;
        c->lit_limit = c->limit;
        c->failed = false;
    } else if (used_up) {
        concurrency_move(c);
        light = c->rounds >= LIGHT_EVERY || c->limit * 3 < c->lit_limit * 2;
    }
    round_begin(c, now, light);
}

void concurrency_succeeded(struct concurrency *c, enum call_kind kind, struct mono started, int32_t in_flight,
                           struct mono now)
{
    int32_t limit = concurrency_limit(c);
    int64_t took_ms = now.ms - started.ms;
    c->failures = 0;
    if (started.ms < c->round.began.ms)
        return;
    round_count(c, kind, took_ms < 1 ? 1000 : took_ms * 1000);
    c->round.full += in_flight >= limit;
    c->round.answers++;
    int32_t enough = between(0, ROUND_TRIPS * (int64_t)limit, ROUND_ANSWERS);
    if (c->round.answers >= enough && c->round.answers >= limit)
        concurrency_end_round(c, now);
}

void concurrency_failed(struct concurrency *c, struct mono started, struct mono now, struct rng *rng)
{
    c->failures++;
    if (started.ms > c->round.began.ms) {
        c->limit = between(1, c->limit * 2 / 3, c->most);
        c->failed = true;
        round_begin(c, now, c->round.light);
    }
    if (!concurrency_is_open(c))
        return;
    int64_t delay_ms = retry_delay_ms(c->failures - CIRCUIT_FAILURES, rng);
    concurrency_pause(c, mono_after(now, delay_ms < CONCURRENCY_PROBE_MS ? delay_ms : CONCURRENCY_PROBE_MS));
}

void concurrency_pause(struct concurrency *c, struct mono until)
{
    if (c->not_before.ms < until.ms)
        c->not_before = until;
}
