#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdlib.h>

#include "unit/mock_inquiry.h"

#define TOPIC    "receipts"
#define RECEIPTS 50
#define EVENTS   7

/* librdkafka's own broker: two partitions, the first with as many receipts, the second without a leader. */
struct broker {
    struct mock_inquiry kafka;
    struct inquiry_answer answers[2]; /* by partition */
    size_t count;
};

static int setup(void **state)
{
    struct broker *broker = calloc(1, sizeof(*broker));
    mock_inquiry_start(&broker->kafka, RECEIPTS);
    rd_kafka_mock_partition_set_leader(broker->kafka.mock.cluster, TOPIC, 1, -1);
    *state = broker;
    return 0;
}

static int teardown(void **state)
{
    struct broker *broker = *state;
    mock_inquiry_stop(&broker->kafka);
    free(broker);
    return 0;
}

static void take(void *context, const struct inquiry_answer *answer)
{
    struct broker *broker = context;
    broker->answers[answer->partition] = *answer;
    broker->count++;
}

static void answers_await(struct broker *broker, size_t count)
{
    struct pollfd ready = {.fd = inquiry_fd(broker->kafka.inquiry), .events = POLLIN};
    while (broker->count < count) {
        assert_int_equal(poll(&ready, 1, 60000), 1);
        inquiry_turn(broker->kafka.inquiry, take, broker);
    }
}

static void a_partition_without_a_leader_waits_for_one_and_holds_up_no_other(void **state)
{
    struct broker *broker = *state;
    char why[256];
    inquiry_ask(broker->kafka.inquiry, INQUIRY_RECEIPTS, 1, (struct wall){0});
    while (!inquiry_trouble(broker->kafka.inquiry, INQUIRY_RECEIPTS, 1, why, sizeof(why)))
        poll(NULL, 0, 5);
    assert_string_equal(why, "its partition has no leader (topic receipts: Broker: Leader not available)");
    inquiry_ask(broker->kafka.inquiry, INQUIRY_RECEIPTS, 0, (struct wall){0});
    answers_await(broker, 1);
    assert_int_equal(broker->answers[0].begin, 0);
    assert_int_equal(broker->answers[0].end, RECEIPTS);
    assert_int_equal(broker->answers[0].since, 0);
    rd_kafka_mock_partition_set_leader(broker->kafka.mock.cluster, TOPIC, 1, 1);
    answers_await(broker, 2);
    assert_int_equal(broker->answers[1].end, 0);
    assert_false(inquiry_trouble(broker->kafka.inquiry, INQUIRY_RECEIPTS, 1, why, sizeof(why)));
}

static void what_is_forgotten_is_not_answered(void **state)
{
    struct broker *broker = *state;
    broker->count = 0;
    inquiry_ask(broker->kafka.inquiry, INQUIRY_RECEIPTS, 0, (struct wall){0});
    inquiry_forget(broker->kafka.inquiry, INQUIRY_RECEIPTS, -1);
    inquiry_ask(broker->kafka.inquiry, INQUIRY_RECEIPTS, 1, (struct wall){0});
    answers_await(broker, 1);
    assert_int_equal(broker->answers[1].partition, 1);
    inquiry_turn(broker->kafka.inquiry, take, broker);
    assert_int_equal(broker->count, 1);
}

static void where_the_events_end_is_asked_when_nothing_else_is_and_once(void **state)
{
    struct broker *broker = *state;
    char why[256];
    broker->count = 0;
    mock_fill(broker->kafka.mock.bootstrap, "events", EVENTS);
    inquiry_ask(broker->kafka.inquiry, INQUIRY_ENDS, 0, (struct wall){0});
    answers_await(broker, 1);
    assert_int_equal(broker->answers[0].kind, INQUIRY_ENDS);
    assert_int_equal(broker->answers[0].end, EVENTS);
    /* While the receipts of a partition are asked for in vain, nobody wants to know. */
    rd_kafka_mock_partition_set_leader(broker->kafka.mock.cluster, TOPIC, 1, -1);
    inquiry_ask(broker->kafka.inquiry, INQUIRY_RECEIPTS, 1, (struct wall){0});
    while (!inquiry_trouble(broker->kafka.inquiry, INQUIRY_RECEIPTS, 1, why, sizeof(why)))
        poll(NULL, 0, 5);
    inquiry_ask(broker->kafka.inquiry, INQUIRY_ENDS, 0, (struct wall){0});
    rd_kafka_mock_partition_set_leader(broker->kafka.mock.cluster, TOPIC, 1, 1);
    answers_await(broker, 3);
    assert_int_equal(broker->answers[1].kind, INQUIRY_RECEIPTS);
    /* One that has no answer is given up. */
    rd_kafka_mock_partition_set_leader(broker->kafka.mock.cluster, "events", 0, -1);
    inquiry_ask(broker->kafka.inquiry, INQUIRY_ENDS, 0, (struct wall){0});
    for (size_t i = 0; i < 3; i++) {
        if (i == 2) /* the round of the second answer began after it was given up */
            rd_kafka_mock_partition_set_leader(broker->kafka.mock.cluster, "events", 0, 1);
        inquiry_ask(broker->kafka.inquiry, INQUIRY_RECEIPTS, 0, (struct wall){0});
        answers_await(broker, 4 + i);
        assert_int_equal(broker->answers[0].kind, INQUIRY_RECEIPTS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_without_a_leader_waits_for_one_and_holds_up_no_other),
        cmocka_unit_test(what_is_forgotten_is_not_answered),
        cmocka_unit_test(where_the_events_end_is_asked_when_nothing_else_is_and_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
