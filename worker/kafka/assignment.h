/* What the group has given to a member, as a whole (eager protocol): what of it is served, and what was handed on to librdkafka,
 * which is done as partitions are started. It is given back when the last one of a revocation is released. */
#ifndef KAFKA_ASSIGNMENT_H
#define KAFKA_ASSIGNMENT_H

#include "base/err.h"
#include "base/moment.h"
#include "kafka/positions.h"

struct assignment {
    rd_kafka_t *rk;                        /* borrowed, as is the next */
    const char *topic;
    rd_kafka_topic_partition_list_t *list; /* what the group gave, each with an opaque once it is started; NULL: none */
    size_t started, read;                  /* of them; read: told to librdkafka */
    bool told;                             /* librdkafka has its answer to the assignment */
    struct mono read_by;                   /* what is started then; MONO_NEVER: nothing waits */
    size_t to_release;                     /* partitions of a revocation that is under way */
    int32_t served;                        /* those below are: others were added later */
    size_t unserved;                       /* of the assignment */
    struct positions positions;
};

void assignment_init(struct assignment *assignment, rd_kafka_t *rk, const char *topic);
void assignment_done(struct assignment *assignment);
/* Asks the group for one; where there is one, it is given up first. -1 with err. */
int assignment_ask(struct assignment *assignment, struct err *err);
/* Those of the group's word that are served; free it. */
rd_kafka_topic_partition_list_t *assignment_served(struct assignment *assignment,
                                                   const rd_kafka_topic_partition_list_t *partitions);
/* Takes the list over: none of it is started. */
void assignment_begin(struct assignment *assignment, rd_kafka_topic_partition_list_t *list, struct mono now);
/* It is to be read from there. True when that was the last one: all is to be handed on now. */
bool assignment_started(struct assignment *assignment, int32_t partition, int64_t offset, struct mono now);
/* Hands on what is started. Whether anything is read by that, or there is nothing to read. */
bool assignment_hand_on(struct assignment *assignment);
/* Nothing more of it is fetched, or it is again. */
void assignment_pause(const struct assignment *assignment, int32_t partition, bool paused);
/* Nothing of it is handed on any more. */
void assignment_forget(struct assignment *assignment);
/* So many partitions were taken back; where there is none librdkafka is told at once. */
void assignment_revoked(struct assignment *assignment, size_t count);
void assignment_released(struct assignment *assignment);
/* Where librdkafka waits for an answer to the assignment, it gets an empty one. Whether it did. */
bool assignment_refuse(struct assignment *assignment);

#endif
