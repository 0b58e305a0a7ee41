/* Rate limits (token buckets): each name (an address, a key) may use its allowance of a minute at once, and gets it back evenly
 * over the minute. The table never grows: when it is full, the name that has used least makes room. Thread-safe. */
#ifndef GATE_ACCESS_LIMIT_H
#define GATE_ACCESS_LIMIT_H

#include "base/moment.h"
#include "base/span.h"

struct limit;

struct limit *limit_new(void);
void limit_free(struct limit *limit);

/* Takes one of `per_minute` (0: any number). 0, or in how many seconds there will be one again. */
int64_t limit_take(struct limit *limit, struct span name, int64_t per_minute, struct mono now);

#endif
