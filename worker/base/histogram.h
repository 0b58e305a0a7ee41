/* How many times lay below each of some bounds, and their sum: Prometheus' histogram. All have the same bounds; one whose times
 * are never longer is told with the first of them only. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS       18 /* 5 ms to an hour */
#define HISTOGRAM_BOUNDS_SHORT 12 /* of them: to 30 s */

struct histogram_bound {
    int64_t ms;
    const char *seconds;
};
extern const struct histogram_bound histogram_bounds[HISTOGRAM_BOUNDS];

/* All zero is empty. */
struct histogram {
    uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* each of its own bucket only; the last is beyond all bounds */
    int64_t sum_ms;
};

/* Clocks differ: what seems to have taken less than no time took none. */
void histogram_add(struct histogram *histogram, int64_t ms);
uint64_t histogram_count(const struct histogram *histogram);

#endif
