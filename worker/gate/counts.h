/* What the gate counts of requests, by many threads at once. */
#ifndef GATE_COUNTS_H
#define GATE_COUNTS_H

#include <stdatomic.h>

#define COUNTS_ROUTES  32 /* more than there are */
#define COUNTS_CLASSES 6  /* of statuses, by their first digit */

struct counts {
    atomic_ullong requests[COUNTS_ROUTES][COUNTS_CLASSES]; /* by the route's number */
};

/* A request was answered; `route` as routes_name takes it. */
void counts_answered(struct counts *counts, unsigned route, unsigned status);

#endif
