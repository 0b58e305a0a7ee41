/* What a round of questions makes of a leader that refuses some of its partitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/eventfd.h>
#include <unistd.h>

#include "kafka/inquiry_round.h"
#include "unit/mock_cluster.h"

#define TOPIC      "receipts"
#define RECEIPTS   9
#define PARTITIONS 3

/* librdkafka's own broker, which leads three partitions, the first with as many receipts; and a question about each. */
struct fixture {
    struct mock mock;
    rd_kafka_t *asker;
    struct inquiry inquiry;
    struct inquiry_question questions[PARTITIONS];
    struct inquiry_question *list[PARTITIONS];
    struct round round;
};

static int fixture_make(void **state)
{
    static struct fixture f;
    f.mock = mock_start(1);
    rd_kafka_mock_topic_create(f.mock.cluster, TOPIC, PARTITIONS, 1);
    mock_fill(f.mock.bootstrap, TOPIC, RECEIPTS);
    f.asker = mock_client(RD_KAFKA_CONSUMER, f.mock.bootstrap);
    f.inquiry = (struct inquiry){.clients = {f.asker, f.asker, f.asker},
                                 .topics = {TOPIC, TOPIC, TOPIC},
                                 .fd = eventfd(0, EFD_NONBLOCK)};
    pthread_mutex_init(&f.inquiry.mutex, NULL);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        f.questions[i] = (struct inquiry_question){.answer = {.kind = INQUIRY_RECEIPTS, .partition = i, .begin = -1, .end = -1}};
        f.list[i] = &f.questions[i];
    }
    f.round = (struct round){&f.inquiry, f.list, PARTITIONS};
    *state = &f;
    return 0;
}

static int fixture_end(void **state)
{
    struct fixture *f = *state;
    rd_kafka_destroy(f->asker);
    mock_stop(&f->mock);
    pthread_mutex_destroy(&f->inquiry.mutex);
    close(f->inquiry.fd);
    return 0;
}

static void a_partition_that_its_leader_refuses_holds_up_none_of_the_others(void **state)
{
    struct fixture *f = *state;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    /* All together, then the first alone. */
    rd_kafka_mock_push_request_errors(f->mock.cluster, 2 /* ListOffsets */, 2, code, code);
    round_ask(&f->round);
    assert_false(f->questions[0].done);
    assert_ptr_equal(f->list[0], &f->questions[0]);
    assert_string_equal(f->questions[0].trouble, "its leader refuses");
    assert_int_equal(f->questions[0].code, code);
    for (size_t i = 1; i < PARTITIONS; i++) {
        assert_true(f->questions[i].done);
        assert_null(f->list[i]);
        assert_int_equal(f->questions[i].answer.begin, 0);
        assert_int_equal(f->questions[i].answer.since, 0);
    }
    round_ask(&f->round);
    assert_true(f->questions[0].done);
    assert_int_equal(f->questions[0].answer.end, RECEIPTS);
}

/* Else who looks at the log looks for a leader, and not for what the worker may not do. */
static void why_a_topic_is_refused_is_told_and_not_that_it_has_no_leader(void **state)
{
    struct fixture *f = *state;
    /* Those crash by themselves when a topic that they know is refused (2.8.0 was tried), as they do on one that is made again. */
    if (rd_kafka_version() >= 0x02040000 && rd_kafka_version() < 0x020a0000)
        skip();
    rd_kafka_mock_topic_set_error(f->mock.cluster, TOPIC, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    round_ask(&f->round);
    for (size_t i = 0; i < PARTITIONS; i++) {
        assert_false(f->questions[i].done);
        assert_string_equal(f->questions[i].trouble, "Kafka does not tell who leads it");
        assert_int_equal(f->questions[i].code, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    }
    rd_kafka_mock_topic_set_error(f->mock.cluster, TOPIC, RD_KAFKA_RESP_ERR_NO_ERROR);
    round_ask(&f->round);
    assert_true(f->questions[0].done);
}

#define ROUND_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROUND_TEST(a_partition_that_its_leader_refuses_holds_up_none_of_the_others),
        ROUND_TEST(why_a_topic_is_refused_is_told_and_not_that_it_has_no_leader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
