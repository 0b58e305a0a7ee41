/* The only place that reads clocks. */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include "base/moment.h"

struct moment clock_now(void);

#endif
