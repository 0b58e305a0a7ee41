#include "run/metrics.h"

#include <inttypes.h>

#include "http/server/exposition.h"
#include "kafka/topic_settings.h"
#include "papercups/request.h"

/* More than one account's lines take: about 40 of them, 250 bytes each with a name of 63. */
#define ACCOUNT_BYTES   ((size_t)16 << 10)
#define PARTITION_BYTES ((size_t)192)
#define KEY_BYTES       ((size_t)1 << 10) /* five lines */
/* A histogram of each call and class of status is 15 lines of 100 bytes. */
#define OTHER_BYTES (((size_t)32 << 10) + CALL_KINDS * STATUS_CLASSES * (size_t)2048)

void metrics_done(struct metrics *metrics)
{
    metrics_keys_done(&metrics->keys);
}

void metrics_settled(struct metrics *metrics, const struct settled *settled)
{
    metrics_keys_settled(&metrics->keys, settled);
    if (settled->outcome != OUTCOME_DELIVERED)
        return;
    histogram_add(&metrics->from_admission, settled->finished_at_ms - settled->admitted_at_ms);
    histogram_add(&metrics->from_publication, settled->finished_at_ms - settled->signed_at_s * 1000);
}

static void write_times(const struct metrics *metrics, struct buf *out)
{
    static const char admission[] = "cupbearer_admission_to_delivery_seconds";
    static const char publication[] = "cupbearer_publish_to_delivery_seconds";
    family_begin(out, admission, "histogram", "From the record's time in Kafka until Papercups had the message.");
    sample_histogram(out, admission, NO_LABELS, &metrics->from_admission, HISTOGRAM_BOUNDS);
    family_begin(out, publication, "histogram",
                 "From the event's signing, which is given in whole seconds, until Papercups had the message.");
    sample_histogram(out, publication, NO_LABELS, &metrics->from_publication, HISTOGRAM_BOUNDS);
}

/* Most calls never get most classes: those have no lines. */
static void write_call_times(struct buf *out, const struct metrics_view *view)
{
    static const char name[] = "cupbearer_request_duration_seconds";
    family_begin(out, name, "histogram",
                 "Requests to Papercups, by call and class of the answer's status, from the first such answer on; none: there "
                 "was no answer.");
    for (int call = 0; call < CALL_KINDS; call++)
        for (size_t status = 0; status < STATUS_CLASSES; status++) {
            const struct histogram *times = &view->call_times->of[call][status];
            if (histogram_count(times) > 0)
                sample_histogram(out, name,
                                 LABELS({"call", call_word((enum call_kind)call)}, {"status", status_class_word(status)}),
                                 times, HISTOGRAM_BOUNDS_SHORT);
        }
}

static void write_kafka(const struct metrics *metrics, const struct metrics_view *view, struct buf *out)
{
    family_begin(out, "cupbearer_rebalances_total", "counter", "Times that the group gave this worker partitions, or took them.");
    for (int i = 0; i < REBALANCES; i++)
        sample_add(out, "cupbearer_rebalances_total", LABELS({"event", rebalance_word((enum rebalance)i)}),
                   metrics->rebalances[i]);
    family_begin(out, "cupbearer_produce_failures_total", "counter",
                 "Receipts and dead letters that Kafka did not take; each is tried again.");
    for (size_t i = 0; i < OUTAGE_TOPICS; i++)
        sample_add(out, "cupbearer_produce_failures_total",
                   LABELS({"topic", topic_name(view->outages->config, view->outages->list[i].topic)}),
                   view->outages->list[i].failures);
    family_begin(out, "cupbearer_foreign_receipts_total", "counter",
                 "Receipts without a good MAC, as partitions' receipts were read: ignored.");
    sample_add(out, "cupbearer_foreign_receipts_total", NO_LABELS, metrics->foreign_receipts);
    family_begin(out, "cupbearer_last_commit_timestamp_seconds", "gauge",
                 "When the group accepted a commit of this worker last, Unix time; none yet: no line.");
    if (metrics->committed_at.ms > 0)
        sample_seconds(out, "cupbearer_last_commit_timestamp_seconds", "", NO_LABELS, metrics->committed_at.ms);
    family_begin(out, "cupbearer_clock_ahead_of_kafka_seconds", "gauge",
                 "This worker's clock less the brokers', as the stamps of its receipts say; negative: behind.");
    if (view->broker_clock->known)
        sample_seconds(out, "cupbearer_clock_ahead_of_kafka_seconds", "", NO_LABELS,
                       remote_clock_ahead_ms(view->broker_clock, view->now));
}

static void write_partitions(struct buf *out, const struct metrics_view *view)
{
    family_begin(out, "cupbearer_partition_lag", "gauge",
                 "Records that this worker has not read yet, as of 5 s ago at most while there are any.");
    for (size_t i = 0; i < view->partition_count; i++) {
        char partition[12];
        snprintf(partition, sizeof(partition), "%" PRId32, view->partitions[i].partition);
        sample_add(out, "cupbearer_partition_lag", LABELS({"partition", partition}), (uint64_t)view->partitions[i].lag);
    }
    family_begin(out, "cupbearer_partition_stalled_seconds", "gauge",
                 "For how long a partition that has something to do has settled nothing; 0 below 20. The log says "
                 "why.");
    for (size_t i = 0; i < view->partition_count; i++) {
        char partition[12];
        snprintf(partition, sizeof(partition), "%" PRId32, view->partitions[i].partition);
        sample_seconds(out, "cupbearer_partition_stalled_seconds", "", LABELS({"partition", partition}),
                       view->partitions[i].stalled_ms);
    }
}

static void write_events(struct buf *out, const struct metrics_view *view)
{
    family_begin(out, "cupbearer_unsettled_events", "gauge", "Events that were read and have no receipt yet.");
    sample_add(out, "cupbearer_unsettled_events", NO_LABELS, view->unsettled);
    family_begin(out, "cupbearer_oldest_unsettled_age_seconds", "gauge",
                 "Since the oldest of them was admitted, by the broker's clock; 0: there is none.");
    sample_seconds(out, "cupbearer_oldest_unsettled_age_seconds", "", NO_LABELS, view->oldest_ms);
    family_begin(out, "cupbearer_assigned_partitions", "gauge", "Partitions that are this worker's.");
    sample_add(out, "cupbearer_assigned_partitions", NO_LABELS, view->partition_count);
    family_begin(out, "cupbearer_unserved_partitions", "gauge",
                 "Partitions that the group gave this worker and it does not serve: they were added to the topic in use.");
    sample_add(out, "cupbearer_unserved_partitions", NO_LABELS, view->unserved);
    family_begin(out, "cupbearer_paused_partitions", "gauge",
                 "Those of which nothing is read for now: events that wait fill the memory, or lie too far apart.");
    sample_add(out, "cupbearer_paused_partitions", NO_LABELS, view->paused);
}

static void write_keyring(struct buf *out, const struct metrics_view *view)
{
    int64_t age_ms = view->now.wall.ms - view->keyring_read_at_ms;
    family_begin(out, "cupbearer_keyring_age_seconds", "gauge", "Since the keyring in use was read.");
    sample_seconds(out, "cupbearer_keyring_age_seconds", "", NO_LABELS, age_ms < 0 ? 0 : age_ms);
    family_begin(out, "cupbearer_keyring_keys", "gauge", "Keys in the keyring in use.");
    sample_add(out, "cupbearer_keyring_keys", NO_LABELS, view->keyring_keys);
    family_begin(out, "cupbearer_keyring_stale", "gauge",
                 "1: keyring_file is missing or broken, and the keyring read before stays in use.");
    sample_add(out, "cupbearer_keyring_stale", NO_LABELS, view->keyring_stale);
    family_begin(out, "cupbearer_configuration_stale", "gauge",
                 "1: the configuration that the last SIGHUP found is no good, or takes a restart, and nothing of it is in use.");
    sample_add(out, "cupbearer_configuration_stale", NO_LABELS, view->configuration_stale);
}

static void write_topics(struct buf *out, const struct metrics_view *view)
{
    static const char name[] = "cupbearer_topic_deviation";
    family_begin(out, name, "gauge", "1: a topic is not what the guarantee needs, and [topics] accept allows it.");
    for (int kind = 0; kind < DEVIATION_KINDS; kind++)
        sample_add(out, name, LABELS({"deviation", topic_deviation_word((enum topic_deviation)kind)}),
                   (view->deviations >> kind) & 1U);
}

static void write_process(const struct metrics *metrics, const struct metrics_view *view, struct buf *out)
{
    family_begin(out, "process_resident_memory_bytes", "gauge", "Resident memory.");
    sample_add(out, "process_resident_memory_bytes", NO_LABELS, (uint64_t)view->process.resident_bytes);
    family_begin(out, "process_cpu_seconds_total", "counter", "CPU time, user and system.");
    sample_seconds(out, "process_cpu_seconds_total", "", NO_LABELS, view->process.cpu_ms);
    family_begin(out, "process_start_time_seconds", "gauge", "When the worker started, Unix time.");
    sample_seconds(out, "process_start_time_seconds", "", NO_LABELS, metrics->started_at.ms);
    family_begin(out, "cupbearer_log_lines_dropped_total", "counter",
                 "Lines of the log that were dropped because whoever reads it did not keep up.");
    sample_add(out, "cupbearer_log_lines_dropped_total", NO_LABELS, view->log_dropped);
    family_begin(out, "cupbearer_build_info", "gauge", "1, with the version.");
    sample_add(out, "cupbearer_build_info", LABELS({"version", CUPBEARER_VERSION}), 1);
}

void metrics_write(const struct metrics *metrics, const struct metrics_view *view, struct buf *out)
{
    buf_init(out,
             OTHER_BYTES + view->account_count * ACCOUNT_BYTES + view->partition_count * PARTITION_BYTES +
                 metrics->keys.by_id.count * KEY_BYTES);
    metrics_write_accounts(view, out);
    metrics_keys_write(&metrics->keys, view->now.wall, out);
    write_times(metrics, out);
    write_call_times(out, view);
    write_events(out, view);
    write_partitions(out, view);
    write_kafka(metrics, view, out);
    write_keyring(out, view);
    write_topics(out, view);
    write_process(metrics, view, out);
}
