#include "base/remote_clock.h"

void remote_clock_hear(struct remote_clock *clock, struct wall stamp, int64_t grain_ms, struct mono asked,
                       struct mono answered)
{
    int64_t least_ms = stamp.ms - answered.ms, most_ms = stamp.ms + grain_ms - asked.ms;
    if (!clock->known || least_ms > clock->most_ms || most_ms < clock->least_ms) {
        *clock = (struct remote_clock){true, least_ms, most_ms};
        return;
    }
    clock->least_ms = least_ms > clock->least_ms ? least_ms : clock->least_ms;
    clock->most_ms = most_ms < clock->most_ms ? most_ms : clock->most_ms;
}

bool remote_clock_is_vague(const struct remote_clock *clock)
{
    return !clock->known || clock->most_ms - clock->least_ms > REMOTE_CLOCK_VAGUE_MS;
}

struct mono remote_clock_reaches(const struct remote_clock *clock, struct wall at)
{
    return clock->known ? (struct mono){at.ms - clock->least_ms} : MONO_NEVER;
}

struct wall remote_clock_guess(const struct remote_clock *clock, struct moment now)
{
    int64_t least_ms = now.mono.ms + clock->least_ms, most_ms = now.mono.ms + clock->most_ms;
    if (!clock->known)
        return now.wall;
    return (struct wall){now.wall.ms < least_ms ? least_ms : now.wall.ms > most_ms ? most_ms : now.wall.ms};
}

int64_t remote_clock_ahead_ms(const struct remote_clock *clock, struct moment now)
{
    return now.wall.ms - remote_clock_guess(clock, now).ms;
}

int64_t remote_clock_apart_ms(const struct remote_clock *one, const struct remote_clock *other)
{
    if (!one->known || !other->known)
        return 0;
    if (one->least_ms > other->most_ms)
        return one->least_ms - other->most_ms;
    return one->most_ms < other->least_ms ? one->most_ms - other->least_ms : 0;
}
