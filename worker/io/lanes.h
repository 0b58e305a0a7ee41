/* The records of the assigned partitions, each partition's in a queue of its own: in librdkafka's one for all of them some
 * hundred of one partition stand before the first of another, and before assignments and the answers to commits. */
#ifndef IO_LANES_H
#define IO_LANES_H

#include <librdkafka/rdkafka.h>

#include "engine/intake.h"

struct lanes {
    struct intake *intakes;
    rd_kafka_queue_t **queues; /* of these */
    int32_t count, last;       /* last: taken from */
};

typedef size_t lanes_held(void *context, int32_t partition);

/* All zero is none. To be done before the consumer is destroyed. */
void lanes_done(struct lanes *lanes);
/* Nothing more is taken from any. */
void lanes_clear(struct lanes *lanes);
/* Before the partition is assigned. What comes is told to `fd`, as kafka_queue_fd says. */
void lanes_add(struct lanes *lanes, rd_kafka_t *rk, const char *topic, int32_t partition, int fd);
/* Something came to one of them, or may have. */
void lanes_wake(struct lanes *lanes);
/* The next event, by what `held` says that each partition holds; NULL: there is none. */
rd_kafka_event_t *lanes_take(struct lanes *lanes, lanes_held *held, void *context);

#endif
