/* Offsets that are committed: collected, sent as one request, and their answers, which arrive as RD_KAFKA_EVENT_OFFSET_COMMIT. What
 * is answered under another membership than that of the assignment proves nothing, and counts as refused. */
#ifndef KAFKA_COMMITS_H
#define KAFKA_COMMITS_H

#include <librdkafka/rdkafka.h>
#include <stdint.h>

#include "base/buf.h"

struct commits {
    rd_kafka_t *rk;                        /* borrowed, as is the next */
    rd_kafka_queue_t *queue;               /* where the answers arrive */
    rd_kafka_topic_partition_list_t *list; /* to be sent with the next flush */
    struct buf membership;                 /* of the assignment */
    rd_kafka_resp_err_t told;              /* why they are refused, as it was told */
};

typedef void commits_answered(void *context, int32_t partition, uint64_t handle, bool ok);

void commits_init(struct commits *commits, rd_kafka_t *rk, rd_kafka_queue_t *queue);
void commits_done(struct commits *commits);
/* Partitions were assigned: under the membership that librdkafka has now. */
void commits_assigned(struct commits *commits);
/* With the next flush. The handle comes back in the answer; the metadata are copied. */
void commits_add(struct commits *commits, const char *topic, int32_t partition, int64_t offset, struct span metadata,
                 uint64_t handle);
/* Sends what was added, as one request; what cannot be sent is answered at once. */
void commits_flush(struct commits *commits, commits_answered *answered, void *context);
/* Hands the answers of such an event over. */
void commits_take(struct commits *commits, rd_kafka_event_t *event, commits_answered *answered, void *context);

#endif
