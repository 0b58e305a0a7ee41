#include "delivery/pace.h"

#include "delivery/retry.h"

#define PACE_FIRST       4
#define CIRCUIT_FAILURES 5
#define SLOW_FACTOR      2
#define SLOW_LEAST_MS    50 /* below it, twice the low is noise */
#define LOW_FORGOTTEN    20 /* windows: the server, or the road to it, may have changed */

void pace_init(struct pace *pace, int32_t most)
{
    *pace = (struct pace){.most = most, .limit = most < PACE_FIRST ? most : PACE_FIRST};
}

bool pace_allows(const struct pace *pace, int32_t in_flight, struct mono now)
{
    int32_t limit = pace->failures >= CIRCUIT_FAILURES ? 1 : pace->limit;
    return in_flight < limit && mono_reached(pace->not_before, now);
}

static void pace_ease(struct pace *pace)
{
    if (pace->eased)
        return;
    pace->eased = true;
    pace->limit = pace->limit * 2 / 3 < 1 ? 1 : pace->limit * 2 / 3;
}

static void pace_window(struct pace *pace)
{
    if (++pace->answers < pace->limit)
        return;
    if (!pace->eased && pace->used_up && pace->limit < pace->most)
        pace->limit++;
    if (++pace->low_age >= LOW_FORGOTTEN)
        pace->low_ms = 0;
    pace->answers = 0;
    pace->eased = pace->used_up = false;
}

void pace_succeeded(struct pace *pace, int64_t latency_ms, int32_t in_flight)
{
    pace->failures = 0;
    pace->used_up = pace->used_up || in_flight >= pace->limit;
    if (pace->low_ms == 0 || latency_ms <= pace->low_ms) {
        pace->low_ms = latency_ms < 1 ? 1 : latency_ms;
        pace->low_age = 0;
    } else if (latency_ms > SLOW_FACTOR * pace->low_ms && latency_ms > SLOW_LEAST_MS) {
        pace_ease(pace);
    }
    pace_window(pace);
}

void pace_failed(struct pace *pace, struct mono now, struct rng *rng)
{
    pace->failures++;
    pace_ease(pace);
    if (pace->failures >= CIRCUIT_FAILURES)
        pace_pause(pace, mono_after(now, retry_delay_ms(pace->failures - CIRCUIT_FAILURES, rng)));
    pace_window(pace);
}

void pace_pause(struct pace *pace, struct mono until)
{
    if (pace->not_before.ms < until.ms)
        pace->not_before = until;
}
