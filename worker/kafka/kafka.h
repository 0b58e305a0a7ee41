/* What consumer and producer share of librdkafka: configuration, logs, and queues whose events wake the loop. */
#ifndef KAFKA_KAFKA_H
#define KAFKA_KAFKA_H

#include <librdkafka/rdkafka.h>

#include "base/err.h"
#include "config/config.h"

struct kafka_setting {
    const char *name;
    const char *value;
};

/* A configuration with bootstrap.servers, what the user's file passes through, then `settings` (ended by a NULL name),
 * which win. NULL with err. */
rd_kafka_conf_t *kafka_conf_new(const struct config *config, const struct kafka_setting *settings,
                                struct err *err);
/* The same, with `defaults` that the user's file may change. */
rd_kafka_conf_t *kafka_conf_new_with(const struct config *config, const struct kafka_setting *defaults,
                                     const struct kafka_setting *settings, struct err *err);
/* librdkafka's log callback: one line of ours for each of its. */
void kafka_log(const rd_kafka_t *rk, int level, const char *facility, const char *text);
/* What went wrong last with a broker, of all clients that log so: why none answers. "" while nothing did. */
void kafka_complaint(char *out, size_t size);
/* Why this librdkafka cannot log in where the configuration wants it to, as a sentence; NULL: it can, as far as is known. */
const char *kafka_login_note(const struct config *config);

/* The same for a producer: each record once, acknowledged by all replicas; how large one may be is the broker's to say. */
rd_kafka_conf_t *kafka_producer_conf_new(const struct config *config, const struct kafka_setting *defaults,
                                         const struct kafka_setting *settings, struct err *err);

/* What is read of a topic in which somebody has transactions. Of events what is committed: an aborted transaction's must not be
 * delivered. Of what workers write all, for they have no transactions, and somebody else's that is left open would hide all that
 * lies behind it, and with it what was delivered; its own records have no good MAC. */
enum kafka_isolation { KAFKA_READ_COMMITTED, KAFKA_READ_ALL };

/* The same for a consumer, small, and with what all of them have: it commits nothing by itself, begins at the log's beginning
 * where its offset is gone, creates no topic, and is told where a log ends. */
rd_kafka_conf_t *kafka_consumer_conf_new(const struct config *config, enum kafka_isolation isolation,
                                         const struct kafka_setting *settings, struct err *err);
/* A consumer that reads beside all groups: it bears the configuration's group.id, for which committed offsets can be asked, and
 * never joins it. rd_kafka_destroy_flags it with RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE. NULL with err. */
rd_kafka_t *kafka_bystander_new(const struct config *config, enum kafka_isolation isolation,
                                const struct kafka_setting *settings, struct err *err);
/* With so many bytes of values in a partition's queue, librdkafka fetches no more of it until kafka_fetch_again says so;
 * SIZE_MAX: it looks after the queue by itself, soon. */
size_t kafka_queue_full_bytes(const rd_kafka_t *rk);
/* That queues of these partitions have room again. Waits for nothing. */
void kafka_fetch_again(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list);

/* Takes the conf over in either case. NULL with err. */
rd_kafka_t *kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *err);

/* For how long nobody may ask a consumer for events before librdkafka leaves its group. */
int64_t kafka_max_poll_ms(const rd_kafka_t *rk);

/* An eventfd that becomes readable when the queue goes from empty to not empty, and only then: drain it to NULL. */
int kafka_queue_fd(rd_kafka_queue_t *queue, struct err *err);
/* Lets one more queue write to the same eventfd. */
void kafka_queue_fd_add(rd_kafka_queue_t *queue, int fd);
/* Makes such an eventfd readable, as a queue would. */
void kafka_queue_fd_set(int fd);
/* Takes back the word of the eventfd; to be called before draining. Whether there was one. */
bool kafka_queue_fd_clear(int fd);

/* What the group has committed of each. While its coordinator moves, or a broker that has just begun loads what it knows, it is
 * asked for again for some seconds; the caller waits, so this is for the start. */
rd_kafka_resp_err_t kafka_committed(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list);

/* Where the partition's log begins and ends. A topic that was just made, or whose leader is being chosen, is asked for again for
 * some seconds; the caller waits, so this is for threads of their own. */
rd_kafka_resp_err_t kafka_watermarks(rd_kafka_t *rk, const char *topic, int32_t partition, int64_t *low,
                                     int64_t *end);

#endif
