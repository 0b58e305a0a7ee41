#include "gate/counts.h"

#include <assert.h>

void counts_answered(struct counts *counts, unsigned route, unsigned status)
{
    assert(route < COUNTS_ROUTES && status / 100 < COUNTS_CLASSES);
    counts->requests[route][status / 100]++;
}
