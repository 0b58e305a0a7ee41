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
/* Producers' timestamps are all it knows (the mock cluster), so the worker must admit by its own clock. */
bool broker_keeps_create_time(const struct broker *broker);

#endif
