/* Which records are at certain offsets of the events topic now: whether a log is still the one that was read (a topic may be
 * recreated, a log lose its tail). Reads outside the group, one question for each partition at a time. */
#ifndef KAFKA_LOG_CHECKS_H
#define KAFKA_LOG_CHECKS_H

#include "kafka/kafka.h"

struct log_checks;

/* What was found. */
struct log_check {
    int32_t partition;
    uint64_t handle; /* the asker's own */
    int64_t asked;
    /* Of the first record at or beyond `asked`, or of the log where that is out of its range; with a stamp of 0 the log's end. */
    int64_t offset;
    uint32_t stamp; /* offsets_stamp */
    int64_t begin; /* where `offset` is beyond `asked`: of the log's first record, or its end */
};

typedef void log_check_found(void *context, const struct log_check *check);

/* NULL with err. */
struct log_checks *log_checks_new(const struct config *config, struct err *err);
void log_checks_free(struct log_checks *checks);
int log_checks_fd(const struct log_checks *checks);
/* Its client, which is in no group and reads whatever is there. */
rd_kafka_t *log_checks_handle(const struct log_checks *checks);

/* With the next flush. Forgets what was asked about that partition before. */
void log_checks_ask(struct log_checks *checks, int32_t partition, int64_t offset, uint64_t handle);
/* Makes librdkafka read what was asked since the last call, and stop reading what is answered: call it at the end of each turn. */
void log_checks_flush(struct log_checks *checks);
/* Hands over the answers. What the broker does not answer stays asked. */
void log_checks_turn(struct log_checks *checks, log_check_found *found, void *context);
/* Nothing is asked any more. */
void log_checks_clear(struct log_checks *checks);

#endif
