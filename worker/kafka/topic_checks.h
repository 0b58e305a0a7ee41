/* The checks of the three topics before the worker subscribes, and before the gate publishes: that they are set up as the guarantee
 * needs. Each failure says the command that fixes it. */
#ifndef KAFKA_TOPIC_CHECKS_H
#define KAFKA_TOPIC_CHECKS_H

#include "kafka/topic_settings.h"

/* 0 with how many partitions of the events topic are served: all, or as many as [topics] partitions says; -1 with ERR_USAGE
 * (fix it) or ERR_UNREACHABLE. *brokers: how many the cluster has; *deviations: see topic_settings_check. Waits for the broker. */
int topic_checks(rd_kafka_t *rk, const struct config *config, int32_t *partition_count, int *brokers, unsigned *deviations,
                 struct err *err);

/* The same for `cupbearer doctor`: continues after a problem, and hands all findings to the sink. *places: the topics' layouts,
 * without partitions for one that does not exist. -1 with ERR_UNREACHABLE if no broker answers. */
int topic_checks_all(rd_kafka_t *rk, const struct config *config, const struct finding_sink *sink,
                     struct topic_place places[TOPICS], struct err *err);

/* Logs the alarm that so many partitions, beyond the first `served`, are not served. */
void topic_tell_added(const struct config *config, int32_t served, int32_t unserved);

#endif
