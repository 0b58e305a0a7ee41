#include "gate/gate_metrics.h"

#include <stdio.h>

#include "gate/follower.h"
#include "gate/routes.h"
#include "http/server/exposition.h"
#include "os/clock.h"
#include "os/log_writer.h"
#include "os/process.h"

/* What can be answered, also where nothing was: a rate wants the zero before it. */
static void write_requests(const struct gate *gate, struct buf *out)
{
    static const char *const classes[COUNTS_CLASSES] = {[2] = "2xx", [4] = "4xx", [5] = "5xx"};
    static const char name[] = "cupbearer_gate_requests_total";
    const char *method, *path;
    char text[64];
    family_begin(out, name, "counter", "Requests that were answered, by the route that they asked for and the status' class.");
    for (unsigned route = 0; routes_name(gate, route, &method, &path); route++) {
        snprintf(text, sizeof(text), "%s%s", route == 0 ? "" : "/", path);
        for (unsigned i = 0; i < COUNTS_CLASSES; i++)
            if (classes[i] != NULL)
                sample_add(out, name, LABELS({"method", method}, {"route", text}, {"code", classes[i]}),
                           gate->counts.requests[route][i]);
    }
}

static void write_events(struct gate *gate, struct buf *out)
{
    static const char failed[] = "cupbearer_gate_publish_errors_total";
    static const char waiting[] = "cupbearer_gate_waiting_requests";
    struct publisher_counts counts;
    publisher_count(gate->publisher, &counts);
    family_begin(out, "cupbearer_gate_events_published_total", "counter", "Events that Kafka has, on all its replicas.");
    sample_add(out, "cupbearer_gate_events_published_total", NO_LABELS, counts.published);
    family_begin(out, failed, "counter", "Events that Kafka did not acknowledge, by whether they may be in the topic all the same.");
    sample_add(out, failed, LABELS({"stored", "no"}), counts.not_stored);
    sample_add(out, failed, LABELS({"stored", "unknown"}), counts.unknown);
    family_begin(out, waiting, "gauge", "Requests that wait, for Kafka, a receipt or Papercups.");
    sample_add(out, waiting, LABELS({"waits_for", "kafka"}), counts.waiting);
    sample_add(out, waiting, LABELS({"waits_for", "receipt"}), waiting_count(&gate->waiting));
    sample_add(out, waiting, LABELS({"waits_for", "papercups"}), asker_waiting(gate->asker));
}

static void write_receipts(const struct gate *gate, struct buf *out)
{
    static const char name[] = "cupbearer_foreign_receipts_total";
    family_begin(out, name, "counter",
                 "Receipts that were ignored since they have no good code: another mark secret, or a stranger.");
    sample_add(out, name, NO_LABELS, follower_foreign(gate->follower));
}

static void write_stale(const struct gate *gate, struct buf *out)
{
    family_begin(out, "cupbearer_keyring_stale", "gauge",
                 "1: keyring_file is missing or broken, and the keyring read before stays in use.");
    sample_add(out, "cupbearer_keyring_stale", NO_LABELS, snapshot_is_stale(gate->keys));
    family_begin(out, "cupbearer_gate_tokens_stale", "gauge", "The same of tokens_file; 0 where none is configured.");
    sample_add(out, "cupbearer_gate_tokens_stale", NO_LABELS, gate->tokens != NULL && snapshot_is_stale(gate->tokens));
    family_begin(out, "cupbearer_configuration_stale", "gauge",
                 "1: the configuration that the last SIGHUP found is no good, or takes a restart, and nothing of it is in use.");
    sample_add(out, "cupbearer_configuration_stale", NO_LABELS, gate->configuration_stale);
}

static void write_server(const struct gate *gate, struct buf *out)
{
    static const char dropped[] = "cupbearer_gate_connections_dropped_total";
    struct connections_counts counts;
    http_server_count(gate->http, &counts);
    family_begin(out, "cupbearer_gate_connections", "gauge", "Connections that are open.");
    sample_add(out, "cupbearer_gate_connections", NO_LABELS, counts.open);
    family_begin(out, "cupbearer_gate_unfinished_requests", "gauge",
                 "Of them, those whose request is not there in full, or not begun.");
    sample_add(out, "cupbearer_gate_unfinished_requests", NO_LABELS, counts.unfinished);
    family_begin(out, "cupbearer_gate_body_bytes", "gauge", "Bodies of requests that are not answered yet.");
    sample_add(out, "cupbearer_gate_body_bytes", NO_LABELS, counts.body_bytes);
    family_begin(out, dropped, "counter", "Connections that were dropped while they waited for their client, by what there was no room for.");
    sample_add(out, dropped, LABELS({"reason", "connections"}), counts.for_room);
    sample_add(out, dropped, LABELS({"reason", "body_bytes"}), counts.for_bytes);
    sample_add(out, dropped, LABELS({"reason", "address"}), counts.for_address);
    family_begin(out, "cupbearer_gate_ready", "gauge", "1: Kafka answers, as /readyz says.");
    sample_add(out, "cupbearer_gate_ready", NO_LABELS,
               publisher_fatal(gate->publisher) == NULL && probe_found_kafka(gate->probe));
}

static void write_process(const struct gate *gate, struct buf *out)
{
    struct process_usage usage;
    process_usage_read(&usage);
    family_begin(out, "process_resident_memory_bytes", "gauge", "Resident memory.");
    sample_add(out, "process_resident_memory_bytes", NO_LABELS, (uint64_t)usage.resident_bytes);
    family_begin(out, "process_cpu_seconds_total", "counter", "CPU time, user and system.");
    sample_seconds(out, "process_cpu_seconds_total", "", NO_LABELS, usage.cpu_ms);
    family_begin(out, "process_start_time_seconds", "gauge", "When the gate started, Unix time.");
    sample_seconds(out, "process_start_time_seconds", "", NO_LABELS, gate->started_at.ms);
    family_begin(out, "cupbearer_log_lines_dropped_total", "counter",
                 "Lines of the log that were dropped because whoever reads it did not keep up.");
    sample_add(out, "cupbearer_log_lines_dropped_total", NO_LABELS, log_writer_dropped());
    family_begin(out, "cupbearer_build_info", "gauge", "1, with the version.");
    sample_add(out, "cupbearer_build_info", LABELS({"version", CUPBEARER_VERSION}), 1);
}

void gate_metrics_write(struct gate *gate, struct buf *out)
{
    write_requests(gate, out);
    write_events(gate, out);
    write_receipts(gate, out);
    write_stale(gate, out);
    write_server(gate, out);
    write_process(gate, out);
}
