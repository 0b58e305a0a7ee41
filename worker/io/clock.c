#include "io/clock.h"

#include <time.h>

static int64_t clock_ms(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

struct moment clock_now(void)
{
    return (struct moment){.mono = {clock_ms(CLOCK_BOOTTIME)}, .wall = {clock_ms(CLOCK_REALTIME)}};
}
