/* Whether Kafka is there. A thread of its own asks every few seconds, and whoever asks the gate is told what was found last:
 * so asking costs Kafka nothing, and nobody waits for a broker. */
#ifndef GATE_PROBE_H
#define GATE_PROBE_H

#include <stdbool.h>

#include "base/err.h"
#include "gate/publisher.h"

struct probe;

/* Starts the thread; the publisher must outlive it, and has just found that Kafka is there. NULL with err. */
struct probe *probe_new(struct publisher *publisher, struct err *err);
/* Waits for what it asks, a few seconds at most. */
void probe_free(struct probe *probe);

/* Whether it was there when it was asked last. */
bool probe_found_kafka(const struct probe *probe);

#endif
