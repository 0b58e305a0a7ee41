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
/* For "%.*s" of bootstrap.servers in a command or a message: how many bytes of it are whole servers and have room there; at least
 * the first. */
int kafka_servers_shown(const char *servers);
/* The last error with a broker that any client logged: why none answers. "" if there was none. */
void kafka_complaint(char *out, size_t size);
/* Why this librdkafka cannot log in as the configuration says, as a sentence; NULL if it can, as far as is known. */
const char *kafka_login_note(const struct config *config);

/* The same for a producer: each record once, acknowledged by all replicas; how large one may be is the broker's to say. */
rd_kafka_conf_t *kafka_producer_conf_new(const struct config *config, const struct kafka_setting *defaults,
                                         const struct kafka_setting *settings, struct err *err);

/* The isolation level by topic. Of events only what is committed is read: those of an aborted transaction must not be delivered. Of
 * what workers write everything is read: they use no transactions, and a stranger's transaction that is left open would hide all
 * that is behind it, and with it what was delivered; its own records have no good MAC. */
enum kafka_isolation { KAFKA_READ_COMMITTED, KAFKA_READ_ALL };

/* The same for a consumer, with small queues and what all of ours share: it commits nothing by itself, starts at the log's
 * beginning if its offset is gone, creates no topic, and gets an event at a log's end. */
rd_kafka_conf_t *kafka_consumer_conf_new(const struct config *config, enum kafka_isolation isolation,
                                         const struct kafka_setting *settings, struct err *err);
/* A consumer outside all groups: it is configured with the group.id, so that it can ask for committed offsets, and never joins.
 * rd_kafka_destroy_flags it with RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE. NULL with err. */
rd_kafka_t *kafka_bystander_new(const struct config *config, enum kafka_isolation isolation,
                                const struct kafka_setting *settings, struct err *err);
/* Once a partition's queue holds so many bytes of values, librdkafka fetches no more of it until kafka_fetch_again; SIZE_MAX:
 * librdkafka resumes by itself, soon. */
size_t kafka_queue_full_bytes(const rd_kafka_t *rk);
/* These partitions' queues have room again. Does not block. */
void kafka_fetch_again(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list);

/* Takes the conf over in either case. NULL with err. */
rd_kafka_t *kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *err);

/* How long librdkafka stays in the group without a poll (max.poll.interval.ms). */
int64_t kafka_max_poll_ms(const rd_kafka_t *rk);

/* An eventfd that becomes readable when the queue goes from empty to not empty, and only then: drain it to NULL. */
int kafka_queue_fd(rd_kafka_queue_t *queue, struct err *err);
/* Lets one more queue write to the same eventfd. */
void kafka_queue_fd_add(rd_kafka_queue_t *queue, int fd);
/* Makes such an eventfd readable, as a queue would. */
void kafka_queue_fd_set(int fd);
/* Takes back the word of the eventfd; to be called before draining. Whether there was one. */
bool kafka_queue_fd_clear(int fd);

/* What the group has committed of each partition. While the coordinator moves, or a broker that has just started loads its state,
 * it is asked again for some seconds. Blocks, so this is for the start. */
rd_kafka_resp_err_t kafka_committed(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list);

/* Where the partition's log begins and ends. While a topic has just been created, or a leader is being elected, it is asked again
 * for some seconds. Blocks, so this is for threads of their own. */
rd_kafka_resp_err_t kafka_watermarks(rd_kafka_t *rk, const char *topic, int32_t partition, int64_t *low,
                                     int64_t *end);

#endif
