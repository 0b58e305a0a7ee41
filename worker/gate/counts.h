/* What the gate counts, and all that it tells in Prometheus' text format. Labels are routes and words of our own, never
 * anything of a request, so their number is known at the start. Counted by many threads at once. */
#ifndef GATE_COUNTS_H
#define GATE_COUNTS_H

#include <stdatomic.h>

#include "base/buf.h"

struct gate;

#define COUNTS_ROUTES  32 /* more than there are */
#define COUNTS_CLASSES 6  /* of statuses, by their first digit */

struct counts {
    atomic_ullong requests[COUNTS_ROUTES][COUNTS_CLASSES]; /* by the route's number */
};

/* A request was answered; `route` as routes_name takes it. */
void counts_answered(struct counts *counts, unsigned route, unsigned status);

/* Appends all. */
void counts_write(struct gate *gate, struct buf *out);

#endif
