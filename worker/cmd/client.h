/* A librdkafka client of a command: quiet (its logs appear only with the property `debug`), and with the last of its
 * complaints kept, because that says why nothing answers. */
#ifndef CMD_CLIENT_H
#define CMD_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "base/err.h"
#include "kafka/kafka.h"

#define CLIENT_TIMEOUT_MS 10000 /* for one question to the brokers, or one record */

struct client {
    rd_kafka_t *rk;
    const char *bootstrap_servers; /* borrowed */
    char complaint[256];           /* "" while there is none */
    bool is_down;                  /* no broker could be reached: until whoever goes on and is answered takes it back */
};

/* Connects in the background. Takes over `conf`, as kafka_conf_new made it from `config`, in either case. NULL with err;
 * client_free the result. */
struct client *client_new(rd_kafka_type_t type, const struct config *config, rd_kafka_conf_t *conf,
                          struct err *err);
/* One that reads beside all groups (kafka_bystander_new), with these settings; likewise. */
struct client *client_bystander_new(const struct config *config, enum kafka_isolation isolation,
                                    const struct kafka_setting *settings, struct err *err);
void client_free(struct client *client);

/* How many partitions the topic has; it is never created. -1 with ERR_UNREACHABLE, or ERR_USAGE where there is no such
 * topic. Waits up to CLIENT_TIMEOUT_MS. */
int client_partition_count(struct client *client, const char *topic, int32_t *out, struct err *err);

/* Whether the topic `other` has the `count` partitions of `topic`, or more where it may; likewise, and ERR_USAGE where it has
 * not. */
int client_has_count(struct client *client, const char *topic, int32_t count, const char *other, bool or_more,
                     struct err *err);

/* The offsets of the partition's first record (NULL: not asked for) and of its next one; likewise. */
int client_offsets(struct client *client, const char *topic, int32_t partition, int64_t *begin, int64_t *end,
                   struct err *err);

/* "no broker at … did `what`: " and the last complaint, else `fallback`: ERR_UNREACHABLE, -1. */
int client_unreachable(struct client *client, const char *what, rd_kafka_resp_err_t fallback,
                       struct err *err);

#endif
