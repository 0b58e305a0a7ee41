/* What is known of another machine's clock. Something that it has stamped says between which bounds its clock stands against
 * our monotonic one: it was stamped after it was asked for, and before it was answered. From there the monotonic clock runs
 * on, so that it does not matter how our own wall clock is set. */
#ifndef BASE_REMOTE_CLOCK_H
#define BASE_REMOTE_CLOCK_H

#include "base/moment.h"

#define REMOTE_CLOCK_VAGUE_MS 10000 /* what is known only so roughly is not known */

struct remote_clock {
    bool known;
    int64_t least_ms, most_ms; /* its time less that of our monotonic clock */
};

/* It said `stamp`, which it counts in steps of `grain_ms`, between these moments. Where that cannot be by what was known of
 * it, it was set meanwhile (or is another machine of the same name), and only the new counts. */
void remote_clock_hear(struct remote_clock *clock, struct wall stamp, int64_t grain_ms, struct mono asked,
                       struct mono answered);
bool remote_clock_is_vague(const struct remote_clock *clock);
/* From when on it surely is that late there; MONO_NEVER where nothing is known. */
struct mono remote_clock_reaches(const struct remote_clock *clock, struct wall at);
/* The moment there, as our own wall clock has it and as far as what is known lets it be right. */
struct wall remote_clock_guess(const struct remote_clock *clock, struct moment now);
/* By how much our wall clock is ahead of it at least; negative: behind. 0 where it may be right, or nothing is known. */
int64_t remote_clock_ahead_ms(const struct remote_clock *clock, struct moment now);
/* By how much one is ahead of the other, likewise. */
int64_t remote_clock_apart_ms(const struct remote_clock *one, const struct remote_clock *other);

#endif
