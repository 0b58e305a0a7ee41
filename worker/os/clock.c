#include "os/clock.h"

#include <stdlib.h>
#include <time.h>

static int64_t clock_ms(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* For tests: the clock of this process alone is wrong by so much. */
static int64_t clock_ahead_ms(void)
{
#ifdef CUPBEARER_FAILPOINTS
    const char *text = getenv("FAULT_CLOCK_AHEAD_MS");
    return text == NULL ? 0 : strtoll(text, NULL, 10);
#else
    return 0;
#endif
}

int64_t clock_monotonic_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

struct moment clock_now(void)
{
    return (struct moment){.mono = {clock_ms(CLOCK_BOOTTIME)},
                           .wall = {clock_ms(CLOCK_REALTIME) + clock_ahead_ms()}};
}
