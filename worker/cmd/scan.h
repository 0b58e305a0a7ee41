/* Reads a stretch of a partition's log, record by record, outside any group: nothing is joined, and nothing committed. */
#ifndef CMD_SCAN_H
#define CMD_SCAN_H

#include "cmd/client.h"

struct scan {
    const char *topic;
    int32_t partition;
    int64_t begin, end; /* from the one offset to before the other */
};

/* A consumer. It bears the configuration's group.id, for which committed offsets can be asked. NULL with err;
 * client_free it. */
struct client *scan_client_new(const struct config *config, enum kafka_isolation isolation, struct err *err);

/* Cuts a stretch that ends where the log does to the records from `since_ms` (INT64_MIN: all) to before `until_ms`
 * (INT64_MAX: all), by Kafka's
 * timestamps. -1 with ERR_UNREACHABLE. */
int scan_cut(struct client *client, struct scan *scan, int64_t since_ms, int64_t until_ms, struct err *err);

/* Hands each record of the stretch to `take`, in their order; it borrows the message until it returns. -1 with
 * ERR_UNREACHABLE where the topic may not be read, for long nothing comes, or it was made again, has lost its tail, or had
 * records deleted behind the first one meanwhile: what was handed over is not what the log holds then. */
typedef void scan_take(void *context, const rd_kafka_message_t *message);
int scan_read(struct client *client, const struct scan *scan, scan_take *take, void *context,
              struct err *err);

#endif
