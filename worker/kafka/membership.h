/* librdkafka's identity in its group: member id and generation. It may hold a commit back and send it under a newer membership, or
 * under none, which Kafka accepts while the group is empty; such a commit proves nothing about the partitions that were assigned
 * before. */
#ifndef KAFKA_MEMBERSHIP_H
#define KAFKA_MEMBERSHIP_H

#include <librdkafka/rdkafka.h>

#include "base/buf.h"

/* Replaces what is in `out` (zeroed at first); buf_done it. Empty where there is none. */
void membership_read(struct buf *out, rd_kafka_t *rk);
/* Whether it is still this one. */
bool membership_holds(const struct buf *membership, rd_kafka_t *rk);

#endif
