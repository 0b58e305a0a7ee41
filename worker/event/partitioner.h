/* Which partition a key belongs in, as the common clients decide it. */
#ifndef EVENT_PARTITIONER_H
#define EVENT_PARTITIONER_H

#include <stdint.h>

#include "base/span.h"

enum partitioner {
    PARTITIONER_MURMUR2, /* the Java client's, kafkajs's, franz-go's default; librdkafka's murmur2_random */
    PARTITIONER_CRC32,   /* librdkafka's own default (consistent_random), for records with a key */
};

/* 0 to count - 1. count must be positive. */
int32_t partitioner_partition(enum partitioner partitioner, struct span key, int32_t count);

/* The setting that makes a producer do so, for messages: "partitioner=murmur2_random". */
const char *partitioner_setting(enum partitioner partitioner);

#endif
