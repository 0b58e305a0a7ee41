#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kafka/publish.h"
#include "kafka/reader.h"
#include "kafka/record_of.h"
#include "unit/mock_cluster.h"

#define STAMP_MS INT64_C(1700000000123)

static struct mock mock;
static struct config config = {.group_id = (char *)(uintptr_t) "group"};

static int setup(void **state)
{
    (void)state;
    mock = mock_start(1);
    rd_kafka_mock_topic_create(mock.cluster, "events", 2, 1);
    config.bootstrap_servers = (char *)(uintptr_t)mock.bootstrap;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mock_stop(&mock);
    return 0;
}

static void note(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk, (void)opaque;
    *(struct publish_report *)message->_private = publish_report_of(message);
}

static rd_kafka_t *publisher(void)
{
    struct err err;
    rd_kafka_conf_t *conf = publish_conf_new(&config, &err);
    assert_non_null(conf);
    rd_kafka_conf_set_dr_msg_cb(conf, note);
    rd_kafka_t *rk = kafka_new(RD_KAFKA_PRODUCER, conf, &err);
    assert_non_null(rk);
    return rk;
}

static struct publish_report publish(const char *topic, const struct record *record)
{
    struct publish_report report = {0};
    rd_kafka_t *rk = publisher();
    assert_int_equal(publish_start(rk, topic, 1, record, &report), RD_KAFKA_RESP_ERR_NO_ERROR);
    while (!report.done)
        rd_kafka_poll(rk, 100);
    rd_kafka_destroy(rk);
    return report;
}

/* Of the second record, which has no time of its own: that it has one. */
static void read_back(void *context, const rd_kafka_message_t *message)
{
    const struct record *expected = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    record_of(message, headers, &record);
    assert_int_equal(record.partition, 1);
    assert_true(span_equal(record.key, expected->key) && span_equal(record.value, expected->value));
    assert_int_equal(record.header_count, expected->header_count);
    for (size_t i = 0; i < record.header_count; i++)
        assert_true(span_equal(headers[i].name, expected->headers[i].name) &&
                    span_equal(headers[i].value, expected->headers[i].value));
    if (record.offset == 0)
        assert_true(record.timestamp_ms == STAMP_MS);
    else
        assert_true(record.timestamp_ms > STAMP_MS);
}

static void a_record_lies_in_the_topic_as_it_was_handed_over(void **state)
{
    static const struct reader_calls calls = {.record = read_back};
    static const struct kafka_setting none[] = {{NULL, NULL}};
    struct header headers[] = {{SPAN("webhook-id"), SPAN("1")}, {SPAN("empty"), SPAN("")}};
    struct record record = {
        .timestamp_ms = STAMP_MS, .key = SPAN("k"), .value = SPAN("{}"), .headers = headers, .header_count = 2};
    struct err err;
    (void)state;
    struct publish_report report = publish("events", &record);
    assert_true(report.error == RD_KAFKA_RESP_ERR_NO_ERROR && report.offset == 0);
    assert_int_equal(publish_reported(&report, "", "", &err), 0);
    record.timestamp_ms = -1;
    assert_int_equal(publish("events", &record).offset, 1);
    rd_kafka_t *rk = kafka_bystander_new(&config, KAFKA_READ_ALL, none, &err);
    struct reader *reader = reader_with(rk, "events", &calls, &record, &err);
    assert_non_null(reader);
    reader_read(reader, 1, 0, 2);
    while (!reader_is_done(reader))
        if (!reader_turn(reader))
            reader_wait(reader, 100);
    reader_free(reader);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static void what_was_not_taken_says_whether_it_may_be_there_all_the_same(void **state)
{
    const struct publish_report lost = {true, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_MSG_STATUS_NOT_PERSISTED, -1};
    const struct publish_report unknown = {true, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED, -1};
    const struct publish_report large = {true, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_MSG_STATUS_NOT_PERSISTED, -1};
    struct err err;
    (void)state;
    assert_int_equal(publish_reported(&lost, "no route", "again", &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_non_null(strstr(err.text, ", no route; it is not in the topic"));
    publish_reported(&unknown, "", "again", &err);
    assert_non_null(strstr(err.text, "; it may be in the topic all the same: again"));
    publish_reported(&large, "", "again", &err);
    assert_int_equal(err.code, ERR_LIMIT);
}

static void expect_setting(const rd_kafka_t *rk, const char *name, const char *expected)
{
    char value[32] = "";
    size_t size = sizeof(value);
    assert_int_equal(rd_kafka_conf_get(rd_kafka_conf((rd_kafka_t *)(uintptr_t)rk), name, value, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(value, expected);
}

static void all_replicas_acknowledge_a_record_once_and_no_topic_is_created(void **state)
{
    rd_kafka_t *rk = publisher();
    (void)state;
    expect_setting(rk, "enable.idempotence", "true");
    expect_setting(rk, "acks", "-1");
    expect_setting(rk, "message.max.bytes", "4000000");
    expect_setting(rk, "allow.auto.create.topics", "false");
    expect_setting(rk, "message.timeout.ms", "15000");
    rd_kafka_destroy(rk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_lies_in_the_topic_as_it_was_handed_over),
        cmocka_unit_test(what_was_not_taken_says_whether_it_may_be_there_all_the_same),
        cmocka_unit_test(all_replicas_acknowledge_a_record_once_and_no_topic_is_created),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
