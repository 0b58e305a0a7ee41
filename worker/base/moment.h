/* Two clocks that the compiler keeps apart: `mono` for waiting (it never jumps), `wall` for validity (it is what
 * records are stamped with). Nothing above os/ reads a clock; a moment is handed in. */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
    int64_t ms; /* CLOCK_BOOTTIME: goes on while the machine sleeps */
};

struct wall {
    int64_t ms; /* since the Unix epoch */
};

struct moment {
    struct mono mono;
    struct wall wall;
};

#define MONO_NEVER ((struct mono){INT64_MAX})

static inline struct mono mono_after(struct mono at, int64_t ms)
{
    return (struct mono){at.ms + ms};
}

/* The next whole multiple of `ms`: what comes with the same `ms` comes at the same moment, and wakes a process once. */
static inline struct mono mono_beat(struct mono at, int64_t ms)
{
    return (struct mono){(at.ms / ms + 1) * ms};
}

static inline bool mono_reached(struct mono at, struct mono now)
{
    return now.ms >= at.ms;
}

static inline struct mono mono_earlier(struct mono a, struct mono b)
{
    return a.ms < b.ms ? a : b;
}

static inline struct mono mono_later(struct mono a, struct mono b)
{
    return a.ms > b.ms ? a : b;
}

#endif
