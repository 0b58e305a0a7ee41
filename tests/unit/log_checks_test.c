/* Which records stand at some offsets of a topic, as the broker says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdlib.h>

#include "kafka/log_checks.h"
#include "unit/mock_cluster.h"

#define TOPIC      "events"
#define RECORDS    7
#define PARTITIONS 3

/* librdkafka's own broker: the first partition has as many records, the others none. */
struct fixture {
    struct mock mock;
    struct config config;
    struct log_checks *checks;
    struct log_check found[PARTITIONS];
    size_t count;
};

static int fixture_make(void **state)
{
    static struct fixture f;
    struct err err;
    f = (struct fixture){.mock = mock_start(1)};
    rd_kafka_mock_topic_create(f.mock.cluster, TOPIC, PARTITIONS, 1);
    mock_fill(f.mock.bootstrap, TOPIC, RECORDS);
    f.config = (struct config){.bootstrap_servers = (char *)(uintptr_t)f.mock.bootstrap,
                               .group_id = (char *)(uintptr_t) "checks",
                               .events_topic = (char *)(uintptr_t)TOPIC};
    f.checks = log_checks_new(&f.config, &err);
    *state = &f;
    return f.checks == NULL ? -1 : 0;
}

static int fixture_end(void **state)
{
    struct fixture *f = *state;
    log_checks_free(f->checks);
    mock_stop(&f->mock);
    return 0;
}

static void found(void *context, const struct log_check *check)
{
    struct fixture *f = context;
    f->found[check->partition] = *check;
    f->count++;
}

/* As the loop does it: what has come, and at the end of the turn what was asked meanwhile. */
static void answers_await(struct fixture *f, size_t count)
{
    struct pollfd ready = {.fd = log_checks_fd(f->checks), .events = POLLIN};
    while (f->count < count) {
        log_checks_flush(f->checks);
        assert_int_equal(poll(&ready, 1, 60000), 1);
        log_checks_turn(f->checks, found, f);
    }
}

/* How many partitions librdkafka reads for it. */
static int read_count(const struct fixture *f)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    assert_int_equal(rd_kafka_assignment(log_checks_handle(f->checks), &list), RD_KAFKA_RESP_ERR_NO_ERROR);
    int count = list->cnt;
    rd_kafka_topic_partition_list_destroy(list);
    return count;
}

static void what_is_asked_in_one_turn_is_read_together_from_its_end_on_and_no_longer_than_it_takes(void **state)
{
    struct fixture *f = *state;
    for (int32_t i = 0; i < PARTITIONS; i++)
        log_checks_ask(f->checks, i, i == 0 ? 3 : 0, (uint64_t)i + 1);
    assert_int_equal(read_count(f), 0);
    log_checks_flush(f->checks);
    assert_int_equal(read_count(f), PARTITIONS);
    answers_await(f, PARTITIONS);
    log_checks_flush(f->checks);
    assert_int_equal(read_count(f), 0);
    assert_int_equal(f->found[0].offset, 3);
    assert_int_not_equal(f->found[0].stamp, 0);
    for (int32_t i = 1; i < PARTITIONS; i++) {
        assert_int_equal(f->found[i].stamp, 0);
        assert_int_equal(f->found[i].offset, 0);
        assert_int_equal(f->found[i].handle, i + 1);
    }
}

static void an_offset_beyond_the_log_is_answered_too(void **state)
{
    struct fixture *f = *state;
    log_checks_ask(f->checks, 0, RECORDS + 5, 1);
    answers_await(f, 1);
    assert_int_equal(f->found[0].asked, RECORDS + 5);
    assert_true(f->found[0].offset < RECORDS + 5 || f->found[0].begin == 0);
}

static void what_is_asked_again_is_answered_once_and_what_is_forgotten_is_not(void **state)
{
    struct fixture *f = *state;
    log_checks_ask(f->checks, 0, 1, 1);
    log_checks_ask(f->checks, 0, 2, 2); /* before anything was read */
    log_checks_flush(f->checks);
    log_checks_ask(f->checks, 0, 4, 3); /* while it is */
    log_checks_ask(f->checks, 1, 0, 4);
    log_checks_clear(f->checks);
    log_checks_ask(f->checks, 0, 5, 5);
    answers_await(f, 1);
    log_checks_ask(f->checks, 2, 0, 6);
    answers_await(f, 2);
    assert_int_equal(f->found[0].handle, 5);
    assert_int_equal(f->found[0].offset, 5);
    assert_int_equal(f->found[2].handle, 6);
    assert_int_equal(f->count, 2);
    log_checks_flush(f->checks);
    assert_int_equal(read_count(f), 0);
}

/* What follows it is in librdkafka's queue by then. */
static void where_a_log_begins_is_its_first_record_and_not_the_next_of_those_that_were_fetched(void **state)
{
    struct fixture *f = *state;
    int64_t begin, end;
    mock_forget(f->config.bootstrap_servers, TOPIC);
    assert_int_equal(kafka_watermarks(log_checks_handle(f->checks), TOPIC, 0, &begin, &end), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_true(begin > RECORDS);
    log_checks_ask(f->checks, 0, 3, 1);
    answers_await(f, 1);
    assert_int_equal(f->found[0].offset, begin);
    assert_int_equal(f->found[0].begin, begin);
}

static void what_was_fetched_for_a_question_that_was_forgotten_answers_no_other(void **state)
{
    struct fixture *f = *state;
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(log_checks_handle(f->checks));
    log_checks_ask(f->checks, 0, 1, 1);
    log_checks_flush(f->checks);
    while (rd_kafka_queue_length(queue) < 3) /* one is librdkafka's own */
        poll(NULL, 0, 10);
    rd_kafka_queue_destroy(queue);
    log_checks_ask(f->checks, 0, 4, 2);
    log_checks_turn(f->checks, found, f);
    assert_int_equal(f->count, 0);
    answers_await(f, 1);
    assert_int_equal(f->found[0].handle, 2);
    assert_int_equal(f->found[0].offset, 4);
}

#define CHECKS_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECKS_TEST(what_is_asked_in_one_turn_is_read_together_from_its_end_on_and_no_longer_than_it_takes),
        CHECKS_TEST(an_offset_beyond_the_log_is_answered_too),
        CHECKS_TEST(what_is_asked_again_is_answered_once_and_what_is_forgotten_is_not),
        CHECKS_TEST(where_a_log_begins_is_its_first_record_and_not_the_next_of_those_that_were_fetched),
        CHECKS_TEST(what_was_fetched_for_a_question_that_was_forgotten_answers_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
