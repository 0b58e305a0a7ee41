/* What is found out about a partition that was assigned, where the replica that is read from lags behind the leader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdlib.h>

#include "kafka/assigned.h"
#include "unit/mock_inquiry.h"

#define TOPIC   "events"
#define RECORDS 6

/* librdkafka's own brokers: the leader has all records, the one that is read from does not know the last one yet. */
struct fixture {
    struct mock_inquiry kafka;
    struct log_checks *checks;
    struct arrivals arrivals;
    struct assigned told;
    size_t told_count, checked;
};

static int fixture_make(void **state)
{
    static struct fixture f;
    struct err err;
    f = (struct fixture){0};
    mock_inquiry_start(&f.kafka, 0);
    mock_fill(f.kafka.mock.bootstrap, TOPIC, RECORDS - 1);
    mock_fill(f.kafka.mock.bootstrap, TOPIC, 1);
    rd_kafka_mock_partition_set_leader(f.kafka.mock.cluster, TOPIC, 0, 1);
    rd_kafka_mock_partition_set_follower(f.kafka.mock.cluster, TOPIC, 0, 2);
    rd_kafka_mock_partition_set_follower_wmarks(f.kafka.mock.cluster, TOPIC, 0, 0, RECORDS - 1);
    f.checks = log_checks_new(&f.kafka.config, &err);
    *state = &f;
    return f.checks == NULL ? -1 : 0;
}

static int fixture_end(void **state)
{
    struct fixture *f = *state;
    arrivals_done(&f->arrivals);
    log_checks_free(f->checks);
    mock_inquiry_stop(&f->kafka);
    return 0;
}

static void told(void *context, const struct assigned *assigned)
{
    struct fixture *f = context;
    f->told = *assigned;
    f->told_count++;
}

static void checked(void *context, const struct log_check *check)
{
    struct fixture *f = context;
    assert_true(arrivals_checked(&f->arrivals, f->kafka.inquiry, f->checks, check, told, f));
    f->checked++;
}

static void check_await(struct fixture *f)
{
    struct pollfd ready = {.fd = log_checks_fd(f->checks), .events = POLLIN};
    size_t before = f->checked;
    while (f->checked == before) {
        log_checks_flush(f->checks);
        assert_int_equal(poll(&ready, 1, 60000), 1);
        log_checks_turn(f->checks, checked, f);
    }
}

/* The leader's answer, of a group that has committed all that there was. */
static void looked_up(struct fixture *f, int64_t end)
{
    const struct inquiry_answer answer = {.kind = INQUIRY_EVENTS, .end = end, .committed = RECORDS};
    arrivals_looked_up(&f->arrivals, f->checks, &answer, told, f);
}

static void arrive(struct fixture *f)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, TOPIC, 0);
    arrivals_begin(&f->arrivals, f->kafka.inquiry, list);
    rd_kafka_topic_partition_list_destroy(list);
    looked_up(f, RECORDS);
    check_await(f);
}

static void a_record_that_a_replica_does_not_know_yet_is_asked_for_again(void **state)
{
    struct fixture *f = *state;
    char why[128];
    arrive(f);
    assert_int_equal(f->told_count, 0);
    assert_true(arrivals_wait(&f->arrivals, f->kafka.inquiry, 0, why, sizeof(why)));
    rd_kafka_mock_partition_set_follower_wmarks(f->kafka.mock.cluster, TOPIC, 0, 0, RECORDS);
    looked_up(f, RECORDS);
    check_await(f);
    assert_int_equal(f->told_count, 1);
    assert_int_equal(f->told.offset, RECORDS);
    assert_int_not_equal(f->told.last_stamp, 0);
}

static void one_that_the_leader_does_not_have_either_is_none(void **state)
{
    struct fixture *f = *state;
    arrive(f);
    looked_up(f, RECORDS - 1);
    assert_int_equal(f->told_count, 1);
    assert_int_equal(f->told.end, RECORDS - 1);
    assert_int_equal(f->told.last_stamp, 0);
}

#define ARRIVALS_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARRIVALS_TEST(a_record_that_a_replica_does_not_know_yet_is_asked_for_again),
        ARRIVALS_TEST(one_that_the_leader_does_not_have_either_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
