/* The records of the assigned partitions, a queue for each: in librdkafka's one queue for all, hundreds of records of one partition
 * come before the first of another, and before assignments and commit results. */
#ifndef KAFKA_LANES_H
#define KAFKA_LANES_H

#include <librdkafka/rdkafka.h>

#include "base/moment.h"
#include "progress/intake.h"

struct lane {
    rd_kafka_queue_t *queue;
    size_t taken; /* bytes of values since it was last empty */
    bool dry;     /* it was full, and is empty */
};

struct lanes {
    struct intake *intakes;
    struct lane *list;   /* of these */
    int32_t count, last; /* last: taken from */
    int32_t looked;      /* so many were looked at since something came */
    size_t full;         /* from so many bytes on librdkafka fetches no more; SIZE_MAX: it goes on by itself */
    struct mono refill_by, refill_from; /* refill_from: not before, while there is something to take */
};

typedef size_t lanes_held(void *context, int32_t partition);

/* None, for this consumer. */
void lanes_init(struct lanes *lanes, const rd_kafka_t *rk);
/* To be done before the consumer is destroyed. */
void lanes_done(struct lanes *lanes);
/* Nothing more is taken from any. */
void lanes_clear(struct lanes *lanes);
/* Before the partition is assigned. What comes is told to `fd`, as kafka_queue_fd says. */
void lanes_add(struct lanes *lanes, rd_kafka_t *rk, const char *topic, int32_t partition, int fd);
/* Something came to one of them, or may have. */
void lanes_wake(struct lanes *lanes);
/* The value of the message that was taken last has so many bytes. */
void lanes_count(struct lanes *lanes, size_t bytes);
/* Makes librdkafka fetch again what has run dry, soon: at refill_by, which is MONO_NEVER if nothing has. */
void lanes_refill(struct lanes *lanes, rd_kafka_t *rk, const char *topic, struct mono now);
/* It is not paused any more. */
void lanes_resumed(struct lanes *lanes, int32_t partition);
/* The next event, by what `held` says that each partition holds; NULL: there is none. */
rd_kafka_event_t *lanes_take(struct lanes *lanes, lanes_held *held, void *context);

#endif
