/* Records to librdkafka from whoever produces one, and what the command line and the gate share, who publish signed records: the
 * producer's settings, and what a delivery report means. */
#ifndef KAFKA_PUBLISH_H
#define KAFKA_PUBLISH_H

#include "event/record.h"
#include "kafka/kafka.h"

/* Settings of a producer for signed records: sent at once, and given up after 15 s. NULL with err. */
rd_kafka_conf_t *publish_conf_new(const struct config *config, struct err *err);

/* Hands the record, which is copied, to a producer; a time of 0, or none, is that of producing. `opaque` is what its delivery
 * report carries as _private. Where it is not taken there will be no report. */
rd_kafka_resp_err_t publish_start(rd_kafka_t *rk, const char *topic, int32_t partition,
                                  const struct record *record, void *opaque);

/* The outcome of publishing a record. */
struct publish_report {
    bool done;
    rd_kafka_resp_err_t error;
    rd_kafka_msg_status_t status;
    int64_t offset;
};

struct publish_report publish_report_of(const rd_kafka_message_t *message);

/* 0 for a report without an error; else -1 with ERR_UNREACHABLE, or ERR_LIMIT where it is too large, and whether it may be in
 * the topic all the same. `complaint`: the client's last, or ""; `again`: what to do then. */
int publish_reported(const struct publish_report *report, const char *complaint, const char *again, struct err *err);

#endif
