#include "io/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/topic_settings.h"

/* More than one account's lines take: about 90 of them, 200 bytes each with a name of 63. */
#define ACCOUNT_BYTES   ((size_t)32 << 10)
#define PARTITION_BYTES ((size_t)192)
#define OTHER_BYTES     ((size_t)32 << 10)

static const struct {
    int64_t ms;
    const char *seconds;
} bounds[] = {
    {5, "0.005"},  {10, "0.01"},    {25, "0.025"},   {50, "0.05"},    {100, "0.1"},      {250, "0.25"},
    {500, "0.5"},  {1000, "1"},     {2500, "2.5"},   {5000, "5"},     {10000, "10"},     {30000, "30"},
    {60000, "60"}, {120000, "120"}, {300000, "300"}, {600000, "600"}, {1800000, "1800"}, {3600000, "3600"},
};
#define BOUND_COUNT (sizeof(bounds) / sizeof(bounds[0]))

struct histogram {
    uint64_t counts[BOUND_COUNT + 1]; /* each of its own bucket only; the last is beyond all bounds */
    int64_t sum_ms;
};

struct metrics_account {
    struct map_node node; /* under name */
    char *name;
    struct histogram from_admission, from_publication;
};

struct metrics {
    struct wall started_at;
    struct metrics_account *accounts; /* by account_options.index */
    size_t account_count;
    struct map by_name;
};

struct metrics *metrics_new(const char *const *names, size_t count, struct moment now)
{
    static const unsigned char hash_key[16]; /* the names are the operator's: nobody makes them collide */
    struct metrics *metrics = mem_new(1, sizeof(*metrics));
    metrics->started_at = now.wall;
    metrics->accounts = mem_new(count, sizeof(*metrics->accounts));
    metrics->account_count = count;
    map_init(&metrics->by_name, hash_key);
    for (size_t i = 0; i < count; i++) {
        struct metrics_account *account = &metrics->accounts[i];
        account->name = mem_copy(span_of(names[i]));
        account->node.key = span_of(account->name);
        map_add(&metrics->by_name, &account->node);
    }
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    map_done(&metrics->by_name);
    for (size_t i = 0; i < metrics->account_count; i++)
        free(metrics->accounts[i].name);
    free(metrics->accounts);
    free(metrics);
}

/* Clocks differ: what seems to have taken less than no time took none. */
static void histogram_add(struct histogram *histogram, int64_t ms)
{
    size_t bucket = 0;
    ms = ms < 0 ? 0 : ms;
    while (bucket < BOUND_COUNT && ms > bounds[bucket].ms)
        bucket++;
    histogram->counts[bucket]++;
    histogram->sum_ms += ms;
}

void metrics_settled(struct metrics *metrics, const struct settled *settled)
{
    if (settled->outcome != OUTCOME_DELIVERED)
        return;
    struct map_node *node = map_find(&metrics->by_name, settled->account);
    assert(node != NULL);
    struct metrics_account *account = MAP_ENTRY(node, struct metrics_account, node);
    histogram_add(&account->from_admission, settled->finished_at_ms - settled->admitted_at_ms);
    histogram_add(&account->from_publication, settled->finished_at_ms - settled->signed_at_s * 1000);
}

/* ---- the format ---- */

struct label {
    const char *name, *value;
};
#define LABELS(...) ((const struct label[]){__VA_ARGS__, {NULL, NULL}})
#define NO_LABELS   ((const struct label[]){{NULL, NULL}})

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void label_value(struct buf *out, const char *value)
{
    for (const char *at = value; *at != 0; at++) {
        if (*at == '\n')
            buf_add_text(out, "\\n");
        else if (*at == '\\' || *at == '"')
            buf_printf(out, "\\%c", *at);
        else
            buf_add(out, at, 1);
    }
}

static void sample_name(struct buf *out, const char *name, const char *suffix, const struct label *labels)
{
    buf_printf(out, "%s%s", name, suffix);
    for (const struct label *label = labels; label->name != NULL; label++) {
        buf_printf(out, "%s%s=\"", label == labels ? "{" : ",", label->name);
        label_value(out, label->value);
        buf_add_text(out, "\"");
    }
    buf_add_text(out, labels->name == NULL ? " " : "} ");
}

static void sample(struct buf *out, const char *name, const struct label *labels, uint64_t value)
{
    sample_name(out, name, "", labels);
    buf_printf(out, "%" PRIu64 "\n", value);
}

static void sample_signed_seconds(struct buf *out, const char *name, const struct label *labels, int64_t ms)
{
    sample_name(out, name, "", labels);
    buf_printf(out, "%s%" PRId64 ".%03d\n", ms < 0 ? "-" : "", (ms < 0 ? -ms : ms) / 1000,
               (int)((ms < 0 ? -ms : ms) % 1000));
}

static void sample_seconds(struct buf *out, const char *name, const char *suffix, const struct label *labels,
                           int64_t ms)
{
    sample_name(out, name, suffix, labels);
    buf_printf(out, "%" PRId64 ".%03d\n", ms / 1000, (int)(ms % 1000));
}

static void histogram_write(struct buf *out, const char *name, const char *account,
                            const struct histogram *histogram)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= BOUND_COUNT; i++) {
        count += histogram->counts[i];
        sample_name(out, name, "_bucket",
                    LABELS({"account", account}, {"le", i < BOUND_COUNT ? bounds[i].seconds : "+Inf"}));
        buf_printf(out, "%" PRIu64 "\n", count);
    }
    sample_seconds(out, name, "_sum", LABELS({"account", account}), histogram->sum_ms);
    sample_name(out, name, "_count", LABELS({"account", account}));
    buf_printf(out, "%" PRIu64 "\n", count);
}

/* ---- what there is ---- */

static void outcomes_of(struct buf *out, const char *account, const uint64_t *counts)
{
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
        enum outcome outcome = (enum outcome)i;
        /* A record of no known account was rejected; rows of what cannot be would only be noise. */
        if (account[0] == 0 && counts[i] == 0 && !outcome_is_rejected(outcome))
            continue;
        sample(out, "cupbearer_outcomes_total",
               LABELS({"account", account}, {"outcome", outcome_word(outcome)},
                      {"reason", outcome_reason(outcome)}),
               counts[i]);
    }
}

static void write_outcomes(struct buf *out, const struct metrics_view *view)
{
    family(out, "cupbearer_outcomes_total", "counter",
           "Records that ended, by what became of them; without an account where none is known for sure.");
    for (size_t i = 0; i < view->account_count; i++)
        outcomes_of(out, view->accounts[i]->options.name, view->accounts[i]->stats.outcomes);
    outcomes_of(out, "", view->outcomes);
}

static void write_requests(struct buf *out, const struct metrics_view *view)
{
    family(out, "cupbearer_requests_total", "counter", "Requests to Papercups, by what came of them.");
    for (size_t i = 0; i < view->account_count; i++)
        for (int kind = 0; kind < ANSWER_COUNT; kind++)
            sample(out, "cupbearer_requests_total",
                   LABELS({"account", view->accounts[i]->options.name},
                          {"answer", answer_word((enum answer_kind)kind)}),
                   view->accounts[i]->stats.answers[kind]);
}

static uint64_t in_flight(const struct account *account)
{
    return (uint64_t)account->in_flight;
}

static uint64_t concurrency_limit(const struct account *account)
{
    return (uint64_t)account->pace.limit;
}

static uint64_t waiting_bytes(const struct account *account)
{
    return account->memory_used;
}

static uint64_t ambiguous(const struct account *account)
{
    return account->stats.ambiguous;
}

static void write_accounts(struct buf *out, const struct metrics_view *view)
{
    static const struct {
        const char *name, *type, *help;
        uint64_t (*value)(const struct account *account);
    } families[] = {
        {"cupbearer_in_flight", "gauge", "Requests to Papercups under way.", in_flight},
        {"cupbearer_concurrency_limit", "gauge",
         "Requests that may be under way at once, as found to be best.", concurrency_limit},
        {"cupbearer_waiting_bytes", "gauge", "Memory of events that are not settled.", waiting_bytes},
        {"cupbearer_ambiguous_customers_total", "counter",
         "Events for which the page's widget has several rows to choose from.", ambiguous},
    };
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        family(out, families[i].name, families[i].type, families[i].help);
        for (size_t j = 0; j < view->account_count; j++)
            sample(out, families[i].name, LABELS({"account", view->accounts[j]->options.name}),
                   families[i].value(view->accounts[j]));
    }
    family(out, "cupbearer_account_held", "gauge", "1: no deliveries to the account, for this reason.");
    for (size_t i = 0; i < view->account_count; i++)
        for (int hold = ACCOUNT_OPEN + 1; hold <= ACCOUNT_STRANGER; hold++)
            sample(out, "cupbearer_account_held",
                   LABELS({"account", view->accounts[i]->options.name},
                          {"state", account_hold_word((enum account_hold)hold)}),
                   view->accounts[i]->hold == (enum account_hold)hold);
    family(out, "cupbearer_api_key_stale", "gauge", "1: the API key's file is missing or wrong, and the last good key is in use.");
    for (size_t i = 0; i < view->account_count; i++)
        sample(out, "cupbearer_api_key_stale", LABELS({"account", view->accounts[i]->options.name}), view->api_key_stale[i]);
}

static void write_times(const struct metrics *metrics, struct buf *out)
{
    static const char admission[] = "cupbearer_admission_to_delivery_seconds";
    static const char publication[] = "cupbearer_publish_to_delivery_seconds";
    family(out, admission, "histogram", "From the record's time in Kafka until Papercups had the message.");
    for (size_t i = 0; i < metrics->account_count; i++)
        histogram_write(out, admission, metrics->accounts[i].name, &metrics->accounts[i].from_admission);
    family(out, publication, "histogram",
           "From the event's signing, which is told in whole seconds, until Papercups had the message.");
    for (size_t i = 0; i < metrics->account_count; i++)
        histogram_write(out, publication, metrics->accounts[i].name, &metrics->accounts[i].from_publication);
}

static void write_partitions(struct buf *out, const struct metrics_view *view)
{
    family(out, "cupbearer_unsettled_events", "gauge", "Events that were read and have no receipt yet.");
    sample(out, "cupbearer_unsettled_events", NO_LABELS, view->unsettled);
    family(out, "cupbearer_assigned_partitions", "gauge", "Partitions that are this worker's.");
    sample(out, "cupbearer_assigned_partitions", NO_LABELS, view->partition_count);
    family(out, "cupbearer_unserved_partitions", "gauge",
           "Partitions that the group gave this worker and it does not serve: they were added to the topic in use.");
    sample(out, "cupbearer_unserved_partitions", NO_LABELS, view->unserved);
    family(out, "cupbearer_paused_partitions", "gauge",
           "Those of which nothing is read for now: events that wait fill the memory, or lie too far apart.");
    sample(out, "cupbearer_paused_partitions", NO_LABELS, view->paused);
    family(out, "cupbearer_partition_lag", "gauge",
           "Records that this worker has not read yet, as of the last fetch.");
    for (size_t i = 0; i < view->partition_count; i++) {
        char partition[12];
        snprintf(partition, sizeof(partition), "%" PRId32, view->partitions[i].partition);
        sample(out, "cupbearer_partition_lag", LABELS({"partition", partition}),
               (uint64_t)view->partitions[i].lag);
    }
    family(out, "cupbearer_partition_stalled_seconds", "gauge",
           "For how long a partition that has something to do has settled nothing; 0 below 20. The log says "
           "why.");
    for (size_t i = 0; i < view->partition_count; i++) {
        char partition[12];
        snprintf(partition, sizeof(partition), "%" PRId32, view->partitions[i].partition);
        sample_seconds(out, "cupbearer_partition_stalled_seconds", "", LABELS({"partition", partition}),
                       view->partitions[i].stalled_ms);
    }
}

/* Clocks that are not known yet have no line: 0 would say that they agree. */
static void write_clocks(struct buf *out, const struct metrics_view *view)
{
    static const char kafka[] = "cupbearer_clock_ahead_of_kafka_seconds";
    static const char papercups[] = "cupbearer_clock_ahead_of_papercups_seconds";
    family(out, kafka, "gauge", "This worker's clock less the brokers', as the stamps of its receipts say; negative: behind.");
    if (view->broker_clock->known)
        sample_signed_seconds(out, kafka, NO_LABELS, remote_clock_ahead_ms(view->broker_clock, view->now));
    family(out, papercups, "gauge", "This worker's clock less Papercups', as its answers are dated; negative: behind.");
    for (size_t i = 0; i < view->account_count; i++)
        if (view->accounts[i]->clock.known)
            sample_signed_seconds(out, papercups, LABELS({"account", view->accounts[i]->options.name}),
                                  remote_clock_ahead_ms(&view->accounts[i]->clock, view->now));
}

static void write_keyring(struct buf *out, const struct metrics_view *view)
{
    int64_t age_ms = view->now.wall.ms - view->keyring_read_at_ms;
    family(out, "cupbearer_keyring_age_seconds", "gauge", "Since the keyring in use was read.");
    sample_seconds(out, "cupbearer_keyring_age_seconds", "", NO_LABELS, age_ms < 0 ? 0 : age_ms);
    family(out, "cupbearer_keyring_keys", "gauge", "Keys in the keyring in use.");
    sample(out, "cupbearer_keyring_keys", NO_LABELS, view->keyring_keys);
    family(out, "cupbearer_keyring_stale", "gauge",
           "1: keyring_file is missing or broken, and the keyring read before stays in use.");
    sample(out, "cupbearer_keyring_stale", NO_LABELS, view->keyring_stale);
}

static void write_topics(struct buf *out, const struct metrics_view *view)
{
    static const char name[] = "cupbearer_topic_deviation";
    family(out, name, "gauge", "1: a topic is not what the guarantee needs, and [topics] accept allows it.");
    for (int kind = 0; kind < DEVIATION_KINDS; kind++)
        sample(out, name, LABELS({"deviation", deviation_kind_word((enum deviation_kind)kind)}),
               (view->deviations >> kind) & 1U);
}

static void write_process(const struct metrics *metrics, const struct metrics_view *view, struct buf *out)
{
    family(out, "process_resident_memory_bytes", "gauge", "Resident memory.");
    sample(out, "process_resident_memory_bytes", NO_LABELS, (uint64_t)view->process.resident_bytes);
    family(out, "process_cpu_seconds_total", "counter", "CPU time, user and system.");
    sample_seconds(out, "process_cpu_seconds_total", "", NO_LABELS, view->process.cpu_ms);
    family(out, "process_start_time_seconds", "gauge", "When the worker started, Unix time.");
    sample_seconds(out, "process_start_time_seconds", "", NO_LABELS, metrics->started_at.ms);
    family(out, "cupbearer_log_lines_dropped_total", "counter",
           "Lines of the log that were dropped because whoever reads it did not keep up.");
    sample(out, "cupbearer_log_lines_dropped_total", NO_LABELS, view->log_dropped);
    family(out, "cupbearer_build_info", "gauge", "1, with the version.");
    sample(out, "cupbearer_build_info", LABELS({"version", CUPBEARER_VERSION}), 1);
}

void metrics_write(const struct metrics *metrics, const struct metrics_view *view, struct buf *out)
{
    assert(view->account_count == metrics->account_count);
    buf_init(out,
             OTHER_BYTES + view->account_count * ACCOUNT_BYTES + view->partition_count * PARTITION_BYTES);
    write_outcomes(out, view);
    write_requests(out, view);
    write_accounts(out, view);
    write_times(metrics, out);
    write_partitions(out, view);
    write_clocks(out, view);
    write_keyring(out, view);
    write_topics(out, view);
    write_process(metrics, view, out);
}
