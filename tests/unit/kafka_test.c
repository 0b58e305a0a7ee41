#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kafka/kafka.h"

/* A broker that is away when a worker starts: librdkafka says so at once, before anybody has asked for the descriptor, and
 * writes to it only when its queue was empty. Who waited for it then would wait for ever. */
static void what_was_there_before_the_descriptor_wakes_who_waits_for_it(void **state)
{
    (void)state;
    struct config config = {.bootstrap_servers = "127.0.0.1:1"};
    const struct kafka_setting none[] = {{NULL, NULL}};
    struct err err;
    rd_kafka_conf_t *conf = kafka_conf_new(&config, none, &err);
    assert_non_null(conf);
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR);
    rd_kafka_t *rk = kafka_new(RD_KAFKA_PRODUCER, conf, &err);
    assert_non_null(rk);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_main(rk);
    for (int i = 0; rd_kafka_queue_length(queue) == 0 && i < 30000; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_true(rd_kafka_queue_length(queue) > 0);
    struct pollfd wanted = {.fd = kafka_queue_fd(queue, &err), .events = POLLIN};
    assert_true(wanted.fd >= 0);
    assert_int_equal(poll(&wanted, 1, 0), 1);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    close(wanted.fd);
}

static void servers_are_shown_whole_or_not_at_all(void **state)
{
    static const char three[] = "b-1.events.abcdef.c2.kafka.eu-central-1.amazonaws.com:9092,"
                                "b-2.events.abcdef.c2.kafka.eu-central-1.amazonaws.com:9092,"
                                "b-3.events.abcdef.c2.kafka.eu-central-1.amazonaws.com:9092";
    char long_one[300], two[304];
    (void)state;
    assert_int_equal(kafka_servers_shown("kafka-1:9092,kafka-2:9092"), 25);
    assert_int_equal(kafka_servers_shown(three), strstr(three, ",b-3") - three);
    memset(long_one, 'a', sizeof(long_one) - 1);
    long_one[sizeof(long_one) - 1] = 0;
    snprintf(two, sizeof(two), "%s,b:1", long_one);
    assert_int_equal(kafka_servers_shown(long_one), sizeof(long_one) - 1);
    assert_int_equal(kafka_servers_shown(two), sizeof(long_one) - 1);
    two[150] = ',';
    assert_int_equal(kafka_servers_shown(two), 150);
    two[150] = 'a';
    two[149] = ',';
    assert_int_equal(kafka_servers_shown(two), 149);
}

static void expect_setting(const rd_kafka_t *rk, const char *name, const char *expected)
{
    char value[32] = "";
    size_t size = sizeof(value);
    assert_int_equal(rd_kafka_conf_get(rd_kafka_conf((rd_kafka_t *)(uintptr_t)rk), name, value, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(value, expected);
}

/* What is read ahead is memory, of each partition; the user's file may say otherwise. */
static void a_consumer_reads_little_ahead_unless_it_is_told_otherwise(void **state)
{
    (void)state;
    struct config_property more[] = {{.name = "queued.max.messages.kbytes", .value = "64"},
                                     {.name = "fetch.wait.max.ms", .value = "500"}};
    const struct kafka_setting settings[] = {{NULL, NULL}};
    bool looks_by_itself = rd_kafka_version() >= 0x02020000;
    for (size_t i = 0; i < 2; i++) {
        struct config config = {
            .bootstrap_servers = "127.0.0.1:1", .properties = more, .property_count = i * 2};
        struct err err;
        rd_kafka_conf_t *conf = kafka_consumer_conf_new(&config, KAFKA_READ_COMMITTED, settings, &err);
        assert_non_null(conf);
        rd_kafka_t *rk = kafka_new(RD_KAFKA_CONSUMER, conf, &err);
        assert_non_null(rk);
        expect_setting(rk, "fetch.message.max.bytes", "65536");
        expect_setting(rk, "queued.max.messages.kbytes", i == 0 ? "16" : "64");
        expect_setting(rk, "fetch.wait.max.ms", i == 0 ? "100" : "500");
        assert_true(kafka_queue_full_bytes(rk) == (looks_by_itself ? SIZE_MAX : i == 0 ? 16384 : 65536));
        rd_kafka_destroy(rk);
    }
}

/* An aborted transaction's events are not read, and receipts behind one that is open are. */
static void what_a_consumer_reads_of_transactions_is_said_by_who_makes_it(void **state)
{
    (void)state;
    struct config config = {.bootstrap_servers = "127.0.0.1:1", .group_id = "workers"};
    const struct kafka_setting none[] = {{NULL, NULL}};
    static const char *const levels[] = {[KAFKA_READ_COMMITTED] = "read_committed", [KAFKA_READ_ALL] = "read_uncommitted"};
    for (int i = KAFKA_READ_COMMITTED; i <= KAFKA_READ_ALL; i++) {
        struct err err;
        rd_kafka_t *rk = kafka_bystander_new(&config, (enum kafka_isolation)i, none, &err);
        assert_non_null(rk);
        expect_setting(rk, "isolation.level", levels[i]);
        expect_setting(rk, "group.id", "workers");
        expect_setting(rk, "enable.auto.commit", "false");
        expect_setting(rk, "allow.auto.create.topics", "false");
        rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_are_shown_whole_or_not_at_all),
        cmocka_unit_test(what_a_consumer_reads_of_transactions_is_said_by_who_makes_it),
        cmocka_unit_test(a_consumer_reads_little_ahead_unless_it_is_told_otherwise),
        cmocka_unit_test(what_was_there_before_the_descriptor_wakes_who_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
