/* Records to Kafka for many threads at once; each waits until all replicas have its own. */
#ifndef GATE_PUBLISHER_H
#define GATE_PUBLISHER_H

#include "event/record.h"
#include "kafka/kafka.h"

struct publisher;

/* Checks the topics, as a worker does. NULL with err. */
struct publisher *publisher_new(const struct config *config, struct err *err);
/* Nobody may be waiting any more. */
void publisher_free(struct publisher *publisher);

/* How many partitions the events topic has. */
int32_t publisher_partition_count(const struct publisher *publisher);

/* Publishes into the partition where the key belongs, and waits, for 15 s at most. 0 with the record's place; -1 with
 * ERR_LIMIT where it is too large for the topic, else ERR_UNREACHABLE, and whether it may be there all the same. */
int publisher_send(struct publisher *publisher, const struct record *record, int32_t *partition,
                   int64_t *offset, struct err *err);

/* Since the start; and how many wait now. */
struct publisher_counts {
    uint64_t published, not_stored, unknown; /* `unknown`: may be in the topic all the same */
    uint64_t waiting;
};
void publisher_count(struct publisher *publisher, struct publisher_counts *out);

/* Whether Kafka answers within `wait_ms` and some partition of the events topic has a leader: waits for it. */
bool publisher_finds_kafka(struct publisher *publisher, int wait_ms);

/* Why nothing can be published any more; NULL while all is well. The text lives as long as the publisher. */
const char *publisher_fatal(struct publisher *publisher);

#endif
