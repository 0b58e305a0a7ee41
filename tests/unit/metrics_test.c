#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "run/metrics.h"

#define ADMITTED_AT INT64_C(1700000000500)
#define SIGNED_AT_S INT64_C(1700000000)

static struct account *account_named(const char *name, size_t index)
{
    return account_new(&(struct account_options){
        .index = index, .name = name, .widget_host = "app.example.com", .max_in_flight = 16});
}

/* Two accounts, one without anything; the text of it is checked line by line. */
struct fixture {
    struct account *accounts[2];
    uint64_t outcomes[OUTCOME_COUNT];
    struct metrics metrics;
    struct metrics_view view;
    struct call_times call_times;
    struct config config;
    struct outages outages;
    struct remote_clock broker_clock;
    struct buf text;
};

static void fixture_init(struct fixture *fixture, const char *first, const char *second)
{
    static const bool api_key_stale[] = {false, true};
    struct moment now = {{0}, {1700000000000}};
    *fixture = (struct fixture){.accounts = {account_named(first, 0), account_named(second, 1)}};
    fixture->metrics.started_at = now.wall;
    fixture->config = (struct config){.bootstrap_servers = (char *)(uintptr_t) "kafka:9092",
                                       .receipts_topic = (char *)(uintptr_t) "bot.receipts",
                                       .dead_topic = (char *)(uintptr_t) "bot.dead"};
    outages_init(&fixture->outages, &fixture->config);
    fixture->view = (struct metrics_view){.now = now,
                                          .accounts = (const struct account *const *)fixture->accounts,
                                          .account_count = 2,
                                          .outcomes = fixture->outcomes,
                                          .call_times = &fixture->call_times,
                                          .outages = &fixture->outages,
                                          .api_key_stale = api_key_stale,
                                          .broker_clock = &fixture->broker_clock};
}

static void fixture_write(struct fixture *fixture)
{
    buf_done(&fixture->text);
    metrics_write(&fixture->metrics, &fixture->view, &fixture->text);
    assert_false(fixture->text.failed);
}

static void fixture_done(struct fixture *fixture)
{
    account_free(fixture->accounts[0]);
    account_free(fixture->accounts[1]);
    metrics_done(&fixture->metrics);
    buf_done(&fixture->text);
}

static size_t lines_beginning(const struct fixture *fixture, const char *beginning)
{
    size_t count = 0;
    struct span rest = buf_span(&fixture->text);
    while (rest.data != NULL)
        count += span_starts(span_cut(&rest, '\n'), span_of(beginning));
    return count;
}

static void assert_line(const struct fixture *fixture, const char *line)
{
    struct span rest = buf_span(&fixture->text);
    while (rest.data != NULL)
        if (span_equal(span_cut(&rest, '\n'), span_of(line)))
            return;
    fail_msg("no line %s in:\n%s", line, fixture->text.data);
}

static void deliver(struct fixture *fixture, const char *account, int64_t after_ms)
{
    metrics_settled(&fixture->metrics, &(struct settled){.outcome = OUTCOME_DELIVERED,
                                                        .account = span_of(account),
                                                        .admitted_at_ms = ADMITTED_AT,
                                                        .finished_at_ms = ADMITTED_AT + after_ms,
                                                        .signed_at_s = SIGNED_AT_S});
}

static void every_outcome_of_every_account_is_told_before_it_happens(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
    fixture.accounts[1]->stats.outcomes[OUTCOME_DELIVERED] = 7;
    fixture.accounts[1]->stats.outcomes[OUTCOME_EXPIRED] = 2;
    fixture_write(&fixture);
    assert_int_equal(lines_beginning(&fixture, "cupbearer_outcomes_total{account=\"acme\","),
                     OUTCOME_COUNT - 1 - 4); /* four are told before an account is known */
    assert_line(&fixture, "cupbearer_outcomes_total{account=\"acme\",outcome=\"failed\",reason=\"flood\"} 0");
    assert_line(&fixture, "cupbearer_outcomes_total{account=\"globex\",outcome=\"delivered\",reason=\"\"} 7");
    assert_line(&fixture,
                "cupbearer_outcomes_total{account=\"globex\",outcome=\"rejected\",reason=\"expired\"} 2");
    fixture_done(&fixture);
}

static void records_of_no_known_account_are_told_without_one(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
    fixture.outcomes[OUTCOME_BAD_SIGNATURE] = 3;
    fixture_write(&fixture);
    assert_line(&fixture, "cupbearer_outcomes_total{account=\"\",outcome=\"rejected\",reason="
                          "\"bad_signature\"} 3");
    assert_line(&fixture,
                "cupbearer_outcomes_total{account=\"\",outcome=\"rejected\",reason=\"unknown_key\"} 0");
    assert_int_equal(lines_beginning(&fixture, "cupbearer_outcomes_total{account=\"\",outcome=\"delivered"),
                     0);
    fixture_done(&fixture);
}

static void a_delivery_counts_in_the_bucket_of_its_time_and_in_all_above(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
    deliver(&fixture, "acme", 5);
    deliver(&fixture, "acme", 6);
    deliver(&fixture, "acme", 3600001);
    fixture_write(&fixture);
#define ADMISSION "cupbearer_admission_to_delivery_seconds"
    assert_line(&fixture, ADMISSION "_bucket{le=\"0.005\"} 1");
    assert_line(&fixture, ADMISSION "_bucket{le=\"0.01\"} 2");
    assert_line(&fixture, ADMISSION "_bucket{le=\"3600\"} 2");
    assert_line(&fixture, ADMISSION "_bucket{le=\"+Inf\"} 3");
    assert_line(&fixture, ADMISSION "_sum 3600.012");
    assert_line(&fixture, ADMISSION "_count 3");
    /* Signed half a second before it was admitted. */
    assert_line(&fixture, "cupbearer_publish_to_delivery_seconds_bucket{le=\"0.5\"} 0");
    assert_line(&fixture, "cupbearer_publish_to_delivery_seconds_bucket{le=\"1\"} 2");
    fixture_done(&fixture);
}

static void clocks_that_differ_make_no_negative_times(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
    deliver(&fixture, "globex", -700);
    fixture.view.keyring_read_at_ms = fixture.view.now.wall.ms + 1;
    fixture_write(&fixture);
    assert_line(&fixture, ADMISSION "_bucket{le=\"0.005\"} 1");
    assert_line(&fixture, ADMISSION "_sum 0.000");
    assert_line(&fixture, "cupbearer_keyring_age_seconds 0.000");
    fixture_done(&fixture);
}

static void only_deliveries_have_times(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++)
        if (i != OUTCOME_DELIVERED)
            metrics_settled(&fixture.metrics,
                            &(struct settled){.outcome = (enum outcome)i, .account = SPAN("acme")});
    metrics_settled(&fixture.metrics, &(struct settled){.outcome = OUTCOME_BAD_SIGNATURE});
    fixture_write(&fixture);
    assert_line(&fixture, ADMISSION "_count 0");
    fixture_done(&fixture);
}

static void an_account_tells_what_it_does_and_why_it_is_held(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
    struct account *acme = fixture.accounts[0];
    acme->in_flight = 3;
    acme->concurrency.limit = 5;
    acme->memory_used = 4096;
    acme->hold = ACCOUNT_UNAUTHORIZED;
    acme->stats.ambiguous = 2;
    acme->stats.answers[ANSWER_SERVER_ERROR] = 9;
    acme->stats.outcomes[OUTCOME_DELIVERED] = 4;
    acme->stats.delivery_ms = 1250;
    acme->concurrency.failures = 5;
    fixture_write(&fixture);
    assert_line(&fixture, "cupbearer_in_flight{account=\"acme\"} 3");
    assert_line(&fixture, "cupbearer_concurrency_limit{account=\"acme\"} 5");
    assert_line(&fixture, "cupbearer_waiting_bytes{account=\"acme\"} 4096");
    assert_line(&fixture, "cupbearer_ambiguous_customers_total{account=\"acme\"} 2");
    assert_line(&fixture, "cupbearer_requests_total{account=\"acme\",answer=\"server_error\"} 9");
    assert_line(&fixture, "cupbearer_account_delivery_seconds_sum{account=\"acme\"} 1.250");
    assert_line(&fixture, "cupbearer_account_delivery_seconds_count{account=\"acme\"} 4");
    assert_line(&fixture, "cupbearer_circuit_open{account=\"acme\"} 1");
    assert_line(&fixture, "cupbearer_circuit_open{account=\"globex\"} 0");
    assert_line(&fixture, "cupbearer_account_held{account=\"acme\",state=\"unauthorized\"} 1");
    assert_line(&fixture, "cupbearer_account_held{account=\"acme\",state=\"redirected\"} 0");
    assert_line(&fixture, "cupbearer_account_held{account=\"globex\",state=\"unauthorized\"} 0");
    fixture_done(&fixture);
}

/* The lines of an account, of which there may be hundreds, in every scrape. */
static size_t lines_of(const struct fixture *fixture, const char *label)
{
    size_t count = 0;
    struct span rest = buf_span(&fixture->text);
    while (rest.data != NULL) {
        struct span line = span_cut(&rest, '\n');
        count += memmem(line.data, line.size, label, strlen(label)) != NULL;
    }
    return count;
}

static void an_account_has_thirty_lines_and_one_more_for_each_kind_of_trouble_that_it_had(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
    for (size_t i = 0; i < 2; i++)
        fixture.accounts[i]->clock = (struct remote_clock){true, 0, 0};
    fixture.accounts[1]->stats.answers[ANSWER_LOST] = 1;
    fixture.accounts[1]->stats.answers[ANSWER_LATER] = 1;
    fixture_write(&fixture);
    assert_int_equal(lines_of(&fixture, "account=\"acme\""), 30);
    assert_int_equal(lines_of(&fixture, "account=\"globex\""), 32);
    fixture_done(&fixture);
}

static void requests_have_their_times_by_call_and_class_of_status_once_there_were_any(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
#define REQUEST "cupbearer_request_duration_seconds"
    fixture_write(&fixture);
    assert_int_equal(lines_beginning(&fixture, REQUEST), 0);
    histogram_add(&fixture.call_times.of[CALL_POST_MESSAGE][2], 30);
    histogram_add(&fixture.call_times.of[CALL_POST_MESSAGE][2], 40000);
    histogram_add(&fixture.call_times.of[CALL_ME][0], 15000);
    fixture_write(&fixture);
    assert_line(&fixture, REQUEST "_bucket{call=\"post_message\",status=\"2xx\",le=\"0.025\"} 0");
    assert_line(&fixture, REQUEST "_bucket{call=\"post_message\",status=\"2xx\",le=\"30\"} 1");
    assert_line(&fixture, REQUEST "_bucket{call=\"post_message\",status=\"2xx\",le=\"+Inf\"} 2");
    assert_line(&fixture, REQUEST "_sum{call=\"post_message\",status=\"2xx\"} 40.030");
    assert_line(&fixture, REQUEST "_count{call=\"me\",status=\"none\"} 1");
    assert_int_equal(lines_beginning(&fixture, REQUEST), 2 * (HISTOGRAM_BOUNDS_SHORT + 3));
    fixture_done(&fixture);
}

static void a_status_has_its_class(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *word;
    } rows[] = {{0, "none"}, {99, "none"}, {200, "2xx"}, {302, "3xx"}, {404, "4xx"}, {599, "5xx"}, {600, "none"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(status_class_word(answer_status_class(&(struct answer){.status = rows[i].status})), rows[i].word);
}

static void the_worker_tells_of_its_group_and_of_what_kafka_does_not_take(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
    fixture_write(&fixture);
    assert_int_equal(lines_beginning(&fixture, "cupbearer_last_commit_timestamp_seconds"), 0);
    assert_line(&fixture, "cupbearer_rebalances_total{event=\"lost\"} 0");
    fixture.metrics.committed_at.ms = 1700000000123;
    fixture.metrics.rebalances[REBALANCE_LOST] = 3;
    fixture.metrics.foreign_receipts = 7;
    fixture.view.oldest_ms = 61001;
    outages_failed(&fixture.outages, "bot.dead", RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, (struct mono){0});
    fixture_write(&fixture);
    assert_line(&fixture, "cupbearer_last_commit_timestamp_seconds 1700000000.123");
    assert_line(&fixture, "cupbearer_rebalances_total{event=\"lost\"} 3");
    assert_line(&fixture, "cupbearer_foreign_receipts_total 7");
    assert_line(&fixture, "cupbearer_oldest_unsettled_age_seconds 61.001");
    assert_line(&fixture, "cupbearer_produce_failures_total{topic=\"bot.receipts\"} 0");
    assert_line(&fixture, "cupbearer_produce_failures_total{topic=\"bot.dead\"} 1");
    fixture_done(&fixture);
}

static void there_is_room_for_many_keys(void **state)
{
    (void)state;
    struct fixture fixture;
    char id[64];
    fixture_init(&fixture, "acme", "globex");
    for (int i = 0; i < 2000; i++) {
        snprintf(id, sizeof(id), "%063d", i);
        metrics_settled(&fixture.metrics, &(struct settled){.outcome = OUTCOME_DELIVERED,
                                                            .key_id = span_of(id),
                                                            .sender = SPAN("backend"),
                                                            .finished_at_ms = fixture.view.now.wall.ms});
    }
    fixture_write(&fixture);
    assert_int_equal(lines_beginning(&fixture, "cupbearer_key_clock_ahead_seconds{"), 2000);
    assert_int_equal(lines_beginning(&fixture, "cupbearer_key_outcomes_total{"), 8000);
    fixture_done(&fixture);
}

static void the_worker_tells_of_partitions_keyring_and_process(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
    const struct metrics_partition partitions[] = {{0, 12, 25500}, {7, 0, 0}};
    fixture.view.partitions = partitions;
    fixture.view.partition_count = 2;
    fixture.view.unsettled = 4;
    fixture.view.paused = 1;
    fixture.view.unserved = 2;
    fixture.view.keyring_keys = 3;
    fixture.view.keyring_stale = fixture.view.configuration_stale = true;
    fixture.view.log_dropped = 6;
    fixture.view.keyring_read_at_ms = fixture.view.now.wall.ms - 61500;
    fixture.view.process = (struct process_usage){.resident_bytes = 20 << 20, .cpu_ms = 1234};
    fixture_write(&fixture);
    assert_line(&fixture, "cupbearer_partition_lag{partition=\"0\"} 12");
    assert_line(&fixture, "cupbearer_partition_lag{partition=\"7\"} 0");
    assert_line(&fixture, "cupbearer_partition_stalled_seconds{partition=\"0\"} 25.500");
    assert_line(&fixture, "cupbearer_partition_stalled_seconds{partition=\"7\"} 0.000");
    assert_line(&fixture, "cupbearer_assigned_partitions 2");
    assert_line(&fixture, "cupbearer_unsettled_events 4");
    assert_line(&fixture, "cupbearer_paused_partitions 1");
    assert_line(&fixture, "cupbearer_unserved_partitions 2");
    assert_line(&fixture, "cupbearer_keyring_keys 3");
    assert_line(&fixture, "cupbearer_keyring_stale 1");
    assert_line(&fixture, "cupbearer_configuration_stale 1");
    assert_line(&fixture, "cupbearer_api_key_stale{account=\"acme\"} 0");
    assert_line(&fixture, "cupbearer_api_key_stale{account=\"globex\"} 1");
    assert_line(&fixture, "cupbearer_log_lines_dropped_total 6");
    assert_line(&fixture, "cupbearer_keyring_age_seconds 61.500");
    assert_line(&fixture, "process_resident_memory_bytes 20971520");
    assert_line(&fixture, "process_cpu_seconds_total 1.234");
    assert_line(&fixture, "process_start_time_seconds 1700000000.000");
    assert_line(&fixture, "cupbearer_build_info{version=\"" CUPBEARER_VERSION "\"} 1");
    fixture_done(&fixture);
}

static void clocks_are_told_where_they_are_known(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "acme", "globex");
    struct wall now = fixture.view.now.wall;
    fixture_write(&fixture);
    assert_int_equal(lines_beginning(&fixture, "cupbearer_clock_ahead_of"), 0);
    remote_clock_hear(&fixture.broker_clock, (struct wall){now.ms - 7200500}, 0, (struct mono){0}, (struct mono){0});
    remote_clock_hear(&fixture.accounts[1]->clock, (struct wall){now.ms + 50}, 0, (struct mono){0}, (struct mono){0});
    fixture_write(&fixture);
    assert_line(&fixture, "cupbearer_clock_ahead_of_kafka_seconds 7200.500");
    assert_line(&fixture, "cupbearer_clock_ahead_of_papercups_seconds{account=\"globex\"} -0.050");
    assert_int_equal(lines_beginning(&fixture, "cupbearer_clock_ahead_of"), 2);
    fixture_done(&fixture);
}

static void label_values_are_escaped(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "a\"b\\c\nd", "globex");
    fixture_write(&fixture);
    assert_line(&fixture, "cupbearer_in_flight{account=\"a\\\"b\\\\c\\nd\"} 0");
    fixture_done(&fixture);
}

static void assert_room_for(size_t account_count, int32_t partition_count)
{
    assert_true(account_count <= 300);
    char names[300][64];
    struct account *accounts[300];
    bool stale[300] = {false};
    uint64_t outcomes[OUTCOME_COUNT];
    struct metrics_partition *partitions = mem_new((size_t)partition_count, sizeof(*partitions));
    memset(outcomes, 0xff, sizeof(outcomes));
    for (size_t i = 0; i < account_count; i++) {
        snprintf(names[i], sizeof(names[i]), "%063zu", i);
        accounts[i] = account_named(names[i], i);
        memset(&accounts[i]->stats, 0xff, sizeof(accounts[i]->stats));
        accounts[i]->clock = (struct remote_clock){true, -INT64_MAX / 2, -INT64_MAX / 2};
    }
    for (int32_t i = 0; i < partition_count; i++)
        partitions[i] = (struct metrics_partition){i, INT64_MAX, INT64_MAX};
    struct moment now = {{0}, {1700000000000}};
    struct metrics metrics = {.started_at = {INT64_MAX / 2}, .committed_at = {INT64_MAX / 2}};
    struct call_times *times = mem_new(1, sizeof(*times));
    memset(times, 0x7f, sizeof(*times));
    struct config config = {.receipts_topic = names[0], .dead_topic = names[0]};
    struct outages outages;
    outages_init(&outages, &config);
    struct remote_clock broker_clock = {true, -INT64_MAX / 2, -INT64_MAX / 2};
    struct metrics_view view = {.now = now,
                                .broker_clock = &broker_clock,
                                .accounts = (const struct account *const *)accounts,
                                .account_count = account_count,
                                .outcomes = outcomes,
                                .call_times = times,
                                .outages = &outages,
                                .api_key_stale = stale,
                                .partitions = partitions,
                                .partition_count = (size_t)partition_count};
    struct buf text;
    metrics_write(&metrics, &view, &text);
    assert_false(text.failed);
    buf_done(&text);
    free(times);
    for (size_t i = 0; i < account_count; i++)
        account_free(accounts[i]);
    free(partitions);
}

static void there_is_room_for_many_accounts_and_for_many_partitions(void **state)
{
    (void)state;
    assert_room_for(1, 0);
    assert_room_for(300, 6);
    assert_room_for(1, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_of_every_account_is_told_before_it_happens),
        cmocka_unit_test(records_of_no_known_account_are_told_without_one),
        cmocka_unit_test(a_delivery_counts_in_the_bucket_of_its_time_and_in_all_above),
        cmocka_unit_test(clocks_that_differ_make_no_negative_times),
        cmocka_unit_test(only_deliveries_have_times),
        cmocka_unit_test(an_account_tells_what_it_does_and_why_it_is_held),
        cmocka_unit_test(an_account_has_thirty_lines_and_one_more_for_each_kind_of_trouble_that_it_had),
        cmocka_unit_test(requests_have_their_times_by_call_and_class_of_status_once_there_were_any),
        cmocka_unit_test(a_status_has_its_class),
        cmocka_unit_test(the_worker_tells_of_its_group_and_of_what_kafka_does_not_take),
        cmocka_unit_test(there_is_room_for_many_keys),
        cmocka_unit_test(the_worker_tells_of_partitions_keyring_and_process),
        cmocka_unit_test(clocks_are_told_where_they_are_known),
        cmocka_unit_test(label_values_are_escaped),
        cmocka_unit_test(there_is_room_for_many_accounts_and_for_many_partitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
