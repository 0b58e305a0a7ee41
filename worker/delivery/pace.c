#include "delivery/pace.h"

#include "delivery/retry.h"

#define PACE_FIRST       4
#define ROUND_ANSWERS    12    /* at least: fewer say too little */
#define ROUND_TRIPS      4     /* or so many of all places: where these are few, a dozen answers come late */
#define LIGHT_EVERY      24    /* rounds: Papercups, or the road to it, may have changed */
#define LIGHT_FIRST      2     /* nothing is known yet */
#define LOW_ANSWERS      16    /* of which a low is the mean, about */
#define LOW_KEPT         4     /* of these, when a light round begins: the new ones count for more */
#define UNUSUAL_FACTOR   4     /* of the highest low: more is the one call's own affair, a long list */
#define WAIT_LEAST_US    20000 /* a quicker answer has not waited: what it took is this machine's own noise */
#define CIRCUIT_FAILURES 5

static void round_begin(struct pace *pace, struct mono now, bool light)
{
    pace->round = (struct pace_round){.began = now, .light = light};
    for (size_t i = 0; light && i < CALL_KINDS; i++)
        if (pace->lows[i].count > LOW_KEPT)
            pace->lows[i].count = LOW_KEPT;
}

void pace_init(struct pace *pace, int32_t most)
{
    *pace = (struct pace){.most = most, .limit = most < PACE_FIRST ? most : PACE_FIRST};
    pace->lit_limit = pace->limit;
    pace->rounds = LIGHT_EVERY - LIGHT_FIRST;
    round_begin(pace, (struct mono){-1}, false);
}

void pace_bound(struct pace *pace, int32_t most)
{
    pace->most = most;
    pace->limit = pace->limit < most ? pace->limit : most;
}

static int32_t pace_limit(const struct pace *pace)
{
    if (pace_is_open(pace))
        return 1;
    return pace->round.light && pace->limit > 1 ? pace->limit / 2 : pace->limit;
}

bool pace_allows(const struct pace *pace, int32_t in_flight, struct mono now)
{
    return in_flight < pace_limit(pace) && mono_reached(pace->not_before, now);
}

bool pace_is_open(const struct pace *pace)
{
    return pace->failures >= CIRCUIT_FAILURES;
}

/* Counts one answer in; its kind's low, which is never 0, learns in light rounds and from the first one of its kind. */
static void round_count(struct pace *pace, enum call_kind kind, int64_t took_us)
{
    struct pace_low *low = &pace->lows[kind];
    if (low->count == 0)
        low->us = took_us;
    int64_t highest = 0;
    for (size_t i = 0; i < CALL_KINDS; i++)
        highest = pace->lows[i].us > highest ? pace->lows[i].us : highest;
    if (took_us > UNUSUAL_FACTOR * highest)
        took_us = UNUSUAL_FACTOR * highest;
    if (pace->round.light || low->count == 0) {
        low->count += low->count < LOW_ANSWERS;
        low->us += (took_us - low->us) / low->count;
    }
    pace->round.took_us += took_us > WAIT_LEAST_US ? took_us : low->us;
    pace->round.lows_us += low->us;
}

static int32_t between(int64_t least, int64_t number, int64_t most)
{
    return (int32_t)(number < least ? least : number > most ? most : number);
}

/* In hundredths: half the way to where it should be, and not further than a third down or a quarter up. */
static void pace_move(struct pace *pace)
{
    const struct pace_round *round = &pace->round;
    int64_t now = (int64_t)pace->limit * 100;
    int64_t took = round->took_us > round->lows_us ? round->took_us : round->lows_us;
    int64_t served = (int64_t)((double)now * (double)round->lows_us / (double)took);
    int64_t next = (now + served * 5 / 4 + 100) / 2;
    int64_t most = pace->failed ? now + 100 : now * 5 / 4 + 50;
    pace->limit = between(1, (between(now * 2 / 3, next, most) + 50) / 100, pace->most);
}

static void pace_end_round(struct pace *pace, struct mono now)
{
    bool used_up = pace->round.full * 4 >= pace->round.answers * 3, light = false;
    pace->rounds++;
    if (pace->round.light) {
        pace->rounds = 0;
        pace->lit_limit = pace->limit;
        pace->failed = false;
    } else if (used_up) {
        pace_move(pace);
        light = pace->rounds >= LIGHT_EVERY || pace->limit * 3 < pace->lit_limit * 2;
    }
    round_begin(pace, now, light);
}

void pace_succeeded(struct pace *pace, enum call_kind kind, struct mono started, int32_t in_flight,
                    struct mono now)
{
    int32_t limit = pace_limit(pace);
    int64_t took_ms = now.ms - started.ms;
    pace->failures = 0;
    if (started.ms < pace->round.began.ms)
        return;
    round_count(pace, kind, took_ms < 1 ? 1000 : took_ms * 1000);
    pace->round.full += in_flight >= limit;
    pace->round.answers++;
    int32_t enough = between(0, ROUND_TRIPS * (int64_t)limit, ROUND_ANSWERS);
    if (pace->round.answers >= enough && pace->round.answers >= limit)
        pace_end_round(pace, now);
}

void pace_failed(struct pace *pace, struct mono started, struct mono now, struct rng *rng)
{
    pace->failures++;
    if (started.ms > pace->round.began.ms) {
        pace->limit = between(1, pace->limit * 2 / 3, pace->most);
        pace->failed = true;
        round_begin(pace, now, pace->round.light);
    }
    if (!pace_is_open(pace))
        return;
    int64_t delay_ms = retry_delay_ms(pace->failures - CIRCUIT_FAILURES, rng);
    pace_pause(pace, mono_after(now, delay_ms < PACE_PROBE_MS ? delay_ms : PACE_PROBE_MS));
}

void pace_pause(struct pace *pace, struct mono until)
{
    if (pace->not_before.ms < until.ms)
        pace->not_before = until;
}
