/* The only place that reads clocks. */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include "base/moment.h"

struct moment clock_now(void);
/* CLOCK_MONOTONIC in microseconds, for those who ask for that very clock. */
int64_t clock_monotonic_us(void);

#endif
