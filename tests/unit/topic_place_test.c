#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kafka/topic_place.h"
#include "unit/mock_cluster.h"

#define WAIT_MS 10000

static struct mock mock;

static int setup(void **state)
{
    (void)state;
    mock = mock_start(2);
    rd_kafka_mock_topic_create(mock.cluster, "events", 3, 2);
    rd_kafka_mock_topic_create(mock.cluster, "leaderless", 1, 1);
    rd_kafka_mock_partition_set_leader(mock.cluster, "leaderless", 0, -1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mock_stop(&mock);
    return 0;
}

static void a_topic_lies_as_its_metadata_say(void **state)
{
    struct topic_place place;
    rd_kafka_t *rk = mock_client(RD_KAFKA_CONSUMER, mock.bootstrap);
    (void)state;
    assert_int_equal(topic_place_ask(rk, "events", WAIT_MS, &place), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(place.error, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(place.partition_count, 3);
    assert_int_equal(place.replicas, 2);
    assert_int_equal(place.brokers, 2);
    assert_true(place.has_leader);
    assert_int_equal(topic_place_ask(rk, "leaderless", WAIT_MS, &place), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_false(place.has_leader);
    rd_kafka_destroy(rk);
}

static void what_is_not_there_has_no_partitions(void **state)
{
    struct topic_place place;
    rd_kafka_t *rk = mock_client(RD_KAFKA_CONSUMER, mock.bootstrap);
    (void)state;
    rd_kafka_mock_topic_set_error(mock.cluster, "missing", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_int_equal(topic_place_ask(rk, "missing", WAIT_MS, &place), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(place.error, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_int_equal(place.partition_count, 0);
    assert_false(place.has_leader);
    char longest[600];
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = 0;
    assert_int_equal(topic_place_ask(rk, longest, WAIT_MS, &place), RD_KAFKA_RESP_ERR__INVALID_ARG);
    rd_kafka_destroy(rk);
    rk = mock_client(RD_KAFKA_CONSUMER, "127.0.0.1:1");
    assert_int_not_equal(topic_place_ask(rk, "events", 100, &place), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_true(place.partition_count == 0 && !place.has_leader);
    rd_kafka_destroy(rk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_lies_as_its_metadata_say),
        cmocka_unit_test(what_is_not_there_has_no_partitions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
