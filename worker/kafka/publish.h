/* What everybody who publishes signed records shares, the command line and the gate: the producer's settings, a record as
 * librdkafka takes it, and what its report means. */
#ifndef KAFKA_PUBLISH_H
#define KAFKA_PUBLISH_H

#include "event/record.h"
#include "kafka/kafka.h"

/* For kafka_conf_new: all replicas, once, and given up after 15 s. */
extern const struct kafka_setting publish_settings[];

/* Hands the record, which is copied, to a producer; `report` is what its delivery report carries as _private. Where it is
 * not taken there will be no report. */
rd_kafka_resp_err_t publish_start(rd_kafka_t *rk, const char *topic, int32_t partition,
                                  const struct record *record, void *report);

/* 0 for a report without an error; else -1 with ERR_UNREACHABLE, or ERR_LIMIT where it is too large, and whether it may be in
 * the topic all the same. `complaint`: the client's last, or ""; `again`: what to do then. */
int publish_reported(rd_kafka_resp_err_t error, rd_kafka_msg_status_t status, const char *complaint,
                     const char *again, struct err *err);

#endif
