/* The receipts topic, followed from a time on: what the workers have written goes to whoever wants it, what others have is counted.
 * An outage of Kafka is told once, and followed by what came meanwhile. */
#ifndef CMD_TAIL_STREAM_H
#define CMD_TAIL_STREAM_H

#include "audit/ledger.h"
#include "base/moment.h"
#include "cmd/client.h"

#define TAIL "tail"

/* `root` is what the receipt was read of. False: that was enough. */
struct json_t;
typedef bool stream_take(void *context, const struct receipt *receipt, struct json_t *root, struct span key);

struct stream {
    const struct config *config;
    stream_take *take;
    void *context;

    struct client *client;
    struct reader *reader;
    struct ledger ledger;
    int32_t partition_count;
    uint64_t foreign, other_version; /* receipts that were left out: without a good MAC, and of another version */
    bool is_enough, is_told, is_gone; /* the outage, or that the topic is gone, is told */
    struct mono next_ask;
    rd_kafka_resp_err_t refused;
};

/* Begins to read what was written from `since_ms` on, INT64_MAX: from now on. `config`, `take` and `context` are set. -1 with err;
 * stream_done it in either case. */
int stream_open(struct stream *stream, int64_t since_ms, struct err *err);
/* Until it is enough, nobody reads stdout, SIGINT or SIGTERM. What was taken is flushed whenever nothing more is there at once.
 * -1 with ERR_UNREACHABLE where the topic may not be read. */
int stream_follow(struct stream *stream, struct err *err);
void stream_done(struct stream *stream);

#endif
