/* The Kafka of the demo: librdkafka's mock cluster, a broker inside this process that any client reaches over TCP; or a
 * real one, whose topics are made. */
#ifndef DEMO_BROKER_H
#define DEMO_BROKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define BROKER_PARTITIONS 6

struct broker;

/* With the topics cupbearer.events, .receipts and .dead. `bootstrap_servers` NULL: an embedded one. NULL with err. */
struct broker *broker_start(const char *bootstrap_servers, struct err *err);
void broker_stop(struct broker *broker);

const char *broker_bootstrap(const struct broker *broker);
/* librdkafka's mock cluster: producers' timestamps are all it knows, so the worker must admit by its own clock; and its
 * list of versions is of no use to the clients of Go and Java. */
bool broker_is_embedded(const struct broker *broker);

#endif
