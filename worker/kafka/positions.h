/* Which partitions are assigned, how far each has been read, and its lag; for the metrics. */
#ifndef KAFKA_POSITIONS_H
#define KAFKA_POSITIONS_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct positions {
    struct position *list; /* by partition, up to the last that was ever assigned */
    int32_t size;
    size_t count; /* assigned */
};

/* All zero is none. */
void positions_done(struct positions *positions);
/* From now on none is assigned. */
void positions_clear(struct positions *positions);
/* Assigned, to be read from `next`; the log ends at `end`. */
void positions_add(struct positions *positions, int32_t partition, int64_t next, int64_t end);
/* The same of one that is assigned. */
void positions_set(struct positions *positions, int32_t partition, int64_t next, int64_t end);
/* The log ends there by now; ignored if the partition was given up meanwhile. */
void positions_end(struct positions *positions, int32_t partition, int64_t end);
/* What is read next of an assigned one. */
int64_t positions_place(const struct positions *positions, int32_t partition);
/* The record at `offset` was read; ignored if the partition was given up meanwhile. */
void positions_read(struct positions *positions, int32_t partition, int64_t offset);

/* The assigned partition behind `partition` (-1: the first), -1 behind the last; *lag is how many records its log had
 * at the last fetch, or by positions_end, that were not read. Asks no broker. */
int32_t positions_next(const struct positions *positions, int32_t partition, rd_kafka_t *rk,
                       const char *topic, int64_t *lag);

#endif
