/* The worker's metrics in Prometheus' text format. Labels are accounts and partitions of the configuration, and words of our own
 * tables, never anything from an event, so their number is bounded. Most values are read where they are kept anyway, when somebody
 * asks; what nobody else keeps is counted here. Of the loop's thread. */
#ifndef RUN_METRICS_H
#define RUN_METRICS_H

#include "engine/engine.h"
#include "kafka/consumer.h"
#include "kafka/outages.h"
#include "os/process.h"
#include "run/metrics_keys.h"

/* All zero is nothing yet; metrics_done it. */
struct metrics {
    struct wall started_at;
    struct histogram from_admission, from_publication; /* of deliveries */
    uint64_t rebalances[REBALANCES];
    uint64_t foreign_receipts;
    struct wall committed_at; /* when a commit was accepted last; 0: none was */
    struct metrics_keys keys;
};

struct metrics_partition {
    int32_t partition;
    int64_t lag;        /* records in its log that were not read yet */
    int64_t stalled_ms; /* 0: it makes progress, or has nothing to do */
};

/* What is looked at when the text is written. All borrowed. */
struct metrics_view {
    struct moment now;
    const struct account *const *accounts; /* by account_options.index */
    size_t account_count;
    const uint64_t *outcomes; /* by enum outcome: of records whose account is not known */
    const struct call_times *call_times;
    const struct outages *outages;
    const struct remote_clock *broker_clock;
    size_t unsettled, paused;
    int64_t oldest_ms; /* so long ago was the oldest unsettled event admitted; 0: there is none */
    const struct metrics_partition *partitions; /* those assigned */
    size_t partition_count;
    unsigned deviations; /* of the topics; a bit for each topic_deviation */
    size_t unserved; /* partitions that are assigned and not served */
    int64_t keyring_read_at_ms;
    size_t keyring_keys;
    bool keyring_stale, configuration_stale;
    const bool *api_key_stale; /* by account_options.index */
    struct process_usage process;
    uint64_t log_dropped; /* lines */
};

void metrics_done(struct metrics *metrics);

/* An outcome was acknowledged. */
void metrics_settled(struct metrics *metrics, const struct settled *settled);

/* The whole text. *out is initialised here, with room for it: `failed` only without memory. buf_done it. */
void metrics_write(const struct metrics *metrics, const struct metrics_view *view, struct buf *out);
/* Of it, what is told of each account. */
void metrics_write_accounts(const struct metrics_view *view, struct buf *out);

#endif
