/* Whether Kafka is reachable. A thread asks every few seconds, and requests get the last answer: so they cost Kafka nothing, and
 * never wait for a broker. */
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

/* Whether Kafka answered last time. */
bool probe_found_kafka(const struct probe *probe);

#endif
