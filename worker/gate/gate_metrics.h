/* What the gate tells in Prometheus' text format. Labels are routes and words of our own, never anything of a request, so their
 * number is known at the start. */
#ifndef GATE_GATE_METRICS_H
#define GATE_GATE_METRICS_H

#include "base/buf.h"
#include "gate/gate.h"

/* Appends all. */
void gate_metrics_write(struct gate *gate, struct buf *out);

#endif
