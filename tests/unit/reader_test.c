#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdlib.h>

#include "kafka/reader.h"
#include "unit/mock_inquiry.h"

#define TOPIC    "receipts"
#define SHORT    "short" /* its first records are gone */
#define RECEIPTS 500

/* librdkafka's own broker, with as many receipts in partition 0. */
struct broker {
    struct mock_inquiry kafka;
    size_t receipts, finished;
    int64_t first, end;
    struct reader *drops; /* when it hands a record over */
};

static int setup(void **state)
{
    struct broker *broker = calloc(1, sizeof(*broker));
    mock_inquiry_start(&broker->kafka, RECEIPTS);
    rd_kafka_mock_topic_create(broker->kafka.mock.cluster, SHORT, 1, 1);
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

static void took(void *context, const rd_kafka_message_t *message)
{
    struct broker *broker = context;
    assert_int_equal(message->partition, 0);
    if (broker->receipts++ == 0)
        broker->first = message->offset;
    if (broker->drops != NULL)
        reader_drop(broker->drops, 0);
}

static void finished(void *context, int32_t partition, int64_t end)
{
    struct broker *broker = context;
    assert_int_equal(partition, 0);
    broker->finished++;
    broker->end = end;
}

static const struct reader_calls calls = {.record = took, .finished = finished};

static void broker_forget(struct broker *broker)
{
    broker->receipts = broker->finished = 0;
    broker->end = broker->first = -1;
}

static struct reader *reader_begin(struct broker *broker)
{
    struct err err;
    broker_forget(broker);
    struct reader *reader = reader_new(&broker->kafka.config, broker->kafka.inquiry, &calls, broker, &err);
    assert_non_null(reader);
    reader_add(reader, 0, INT64_MAX, (struct wall){0});
    return reader;
}

static void looked_up(void *context, const struct inquiry_answer *answer)
{
    reader_looked_up(context, answer);
}

/* Once; waits where nothing is there yet. */
static void reader_step(struct broker *broker, struct reader *reader)
{
    struct pollfd ready[] = {{.fd = reader_fd(reader), .events = POLLIN}, {.fd = inquiry_fd(broker->kafka.inquiry), .events = POLLIN}};
    assert_null(reader_fatal(reader));
    if (reader_turn(reader) || reader_is_done(reader))
        return;
    assert_true(poll(ready, 2, 30000) > 0);
    inquiry_turn(broker->kafka.inquiry, looked_up, reader);
}

static void reader_go(struct broker *broker, struct reader *reader)
{
    while (!reader_is_done(reader))
        reader_step(broker, reader);
    assert_null(reader_fatal(reader));
}

static void a_partition_is_read_to_its_end(void **state)
{
    struct broker *broker = *state;
    struct reader *reader = reader_begin(broker);
    reader_go(broker, reader);
    assert_int_equal(broker->receipts, RECEIPTS);
    assert_int_equal(broker->finished, 1);
    assert_int_equal(broker->end, RECEIPTS);
    reader_free(reader);
}

/* It was revoked while its receipts were read, and is ours again. */
static void a_partition_that_comes_again_while_it_is_read_is_read_anew(void **state)
{
    struct broker *broker = *state;
    struct reader *reader = reader_begin(broker);
    while (broker->receipts == 0)
        reader_step(broker, reader);
    broker->receipts = broker->finished = 0;
    reader_add(reader, 0, INT64_MAX, (struct wall){0});
    assert_false(reader_is_done(reader));
    reader_go(broker, reader);
    assert_int_equal(broker->receipts, RECEIPTS);
    assert_int_equal(broker->finished, 1);
    reader_free(reader);
}

static void one_that_was_finished_too(void **state)
{
    struct broker *broker = *state;
    struct reader *reader = reader_begin(broker);
    reader_go(broker, reader);
    broker->receipts = 0;
    reader_add(reader, 0, INT64_MAX, (struct wall){0});
    reader_go(broker, reader);
    assert_int_equal(broker->receipts, RECEIPTS);
    assert_int_equal(broker->finished, 2);
    reader_free(reader);
}

static const struct kafka_setting none[] = {{NULL, NULL}};

static rd_kafka_t *bystander(struct broker *broker)
{
    struct err err;
    rd_kafka_t *rk = kafka_bystander_new(&broker->kafka.config, KAFKA_READ_ALL, none, &err);
    assert_non_null(rk);
    broker_forget(broker);
    return rk;
}

static struct reader *reader_of_topic(struct broker *broker, rd_kafka_t *rk, const char *topic, int64_t from, int64_t end)
{
    struct err err;
    struct reader *reader = reader_with(rk, topic, &calls, broker, &err);
    assert_non_null(reader);
    reader_read(reader, 0, from, end);
    return reader;
}

static struct reader *reader_of(struct broker *broker, rd_kafka_t *rk, int64_t from, int64_t end)
{
    return reader_of_topic(broker, rk, TOPIC, from, end);
}

static void reader_until(struct broker *broker, struct reader *reader, size_t receipts)
{
    for (int i = 0; i < 3000 && broker->receipts < receipts; i++)
        if (!reader_turn(reader))
            reader_wait(reader, 10);
    assert_int_equal(broker->receipts, receipts);
}

static void a_client_reads_one_stretch_after_the_other(void **state)
{
    struct broker *broker = *state;
    rd_kafka_t *rk = bystander(broker);
    struct reader *reader = reader_of(broker, rk, 10, 30);
    reader_until(broker, reader, 20);
    assert_true(reader_is_done(reader));
    reader_free(reader);
    broker->receipts = 0;
    reader = reader_of(broker, rk, 0, 25);
    reader_until(broker, reader, 25);
    assert_true(reader_is_done(reader));
    assert_int_equal(broker->finished, 2);
    reader_free(reader);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static void an_empty_stretch_is_finished_without_a_record(void **state)
{
    struct broker *broker = *state;
    rd_kafka_t *rk = bystander(broker);
    struct reader *reader = reader_of(broker, rk, 30, 30);
    assert_false(reader_is_done(reader));
    reader_turn(reader);
    assert_true(reader_is_done(reader) && broker->finished == 1 && broker->receipts == 0);
    reader_free(reader);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static void reader_to_its_end(struct broker *broker, struct reader *reader)
{
    for (int i = 0; i < 3000 && !reader_is_done(reader); i++)
        if (!reader_turn(reader))
            reader_wait(reader, 10);
    assert_null(reader_fatal(reader));
    assert_true(reader_is_done(reader));
    assert_int_equal(broker->finished, 1);
}

static void log_places(rd_kafka_t *rk, const char *topic, int64_t *begin, int64_t *end)
{
    assert_int_equal(kafka_watermarks(rk, topic, 0, begin, end), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Retention has come past the stretch: reading begins where the log does, behind it. */
static void of_a_stretch_that_was_deleted_nothing_is_handed_over(void **state)
{
    struct broker *broker = *state;
    int64_t begin, end;
    rd_kafka_t *rk = bystander(broker);
    mock_forget(broker->kafka.config.bootstrap_servers, SHORT);
    log_places(rk, SHORT, &begin, &end);
    assert_true(begin > 1);
    struct reader *reader = reader_of_topic(broker, rk, SHORT, 0, begin);
    reader_to_its_end(broker, reader);
    assert_int_equal(broker->receipts, 0);
    reader_free(reader);
    broker_forget(broker);
    reader = reader_of_topic(broker, rk, SHORT, 0, begin + 1);
    reader_to_its_end(broker, reader);
    assert_int_equal(broker->receipts, 1);
    assert_int_equal(broker->first, begin);
    reader_free(reader);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static void a_log_that_ends_before_the_stretch_ends_it_there(void **state)
{
    struct broker *broker = *state;
    int64_t begin, end;
    rd_kafka_t *rk = bystander(broker);
    log_places(rk, TOPIC, &begin, &end);
    struct reader *reader = reader_of(broker, rk, end - 10, end + 20);
    reader_to_its_end(broker, reader);
    assert_int_equal(broker->receipts, 10);
    assert_int_equal(broker->end, end);
    reader_free(reader);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

/* Partition 1's must not be taken for that of which a record came, whose place it has now. */
static void who_takes_a_record_may_drop_its_stretch(void **state)
{
    struct broker *broker = *state;
    rd_kafka_t *rk = bystander(broker);
    struct reader *reader = reader_of(broker, rk, 10, 30);
    reader_read(reader, 1, 0, 5);
    broker->drops = reader;
    reader_until(broker, reader, 1);
    broker->drops = NULL;
    assert_int_equal(broker->finished, 0);
    assert_false(reader_is_done(reader));
    reader_free(reader);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

/* The last ones: what they write the others would read. */

/* One that is read from because it is near (client.rack) knows a little later than the leader how far the log goes; so does one
 * that has become the leader just now. lagging_to_its_end has it catch up. */
static int64_t replica_that_lags(struct broker *broker, int64_t by)
{
    int64_t begin, end;
    mock_fill(broker->kafka.config.bootstrap_servers, TOPIC, (int)by);
    log_places(broker->kafka.asker, TOPIC, &begin, &end);
    rd_kafka_mock_partition_set_leader(broker->kafka.mock.cluster, TOPIC, 0, 1);
    rd_kafka_mock_partition_set_follower(broker->kafka.mock.cluster, TOPIC, 0, 2);
    rd_kafka_mock_partition_set_follower_wmarks(broker->kafka.mock.cluster, TOPIC, 0, begin, end - by);
    return end;
}

/* The replica catches up when nothing has come from it for a while: its end was told by then. */
static void lagging_to_its_end(struct broker *broker, struct reader *reader, int64_t end)
{
    size_t receipts = 0;
    for (int i = 0, still = 0; i < 3000 && !reader_is_done(reader); i++) {
        if (!reader_turn(reader))
            reader_wait(reader, 10);
        inquiry_turn(broker->kafka.inquiry, looked_up, reader);
        still = broker->receipts == receipts ? still + 1 : 0;
        receipts = broker->receipts;
        if (still == 30)
            rd_kafka_mock_partition_set_follower_wmarks(broker->kafka.mock.cluster, TOPIC, 0, 0, end);
    }
    assert_null(reader_fatal(reader));
    assert_true(reader_is_done(reader));
    assert_int_equal(broker->receipts, end);
    assert_int_equal(broker->end, end);
}

static void what_a_replica_calls_the_end_is_none_before_the_leader_says_so(void **state)
{
    struct broker *broker = *state;
    int64_t end = replica_that_lags(broker, 5);
    rd_kafka_t *rk = bystander(broker);
    struct reader *reader = reader_of(broker, rk, 0, end);
    lagging_to_its_end(broker, reader, end);
    reader_free(reader);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static void nor_for_receipts_that_are_read_by_an_inquiry(void **state)
{
    struct broker *broker = *state;
    int64_t end = replica_that_lags(broker, 5);
    struct reader *reader = reader_begin(broker);
    lagging_to_its_end(broker, reader, end);
    reader_free(reader);
    rd_kafka_mock_partition_set_follower(broker->kafka.mock.cluster, TOPIC, 0, -1);
}

static void a_stretch_without_an_end_goes_on_behind_the_log_s(void **state)
{
    struct broker *broker = *state;
    int64_t begin, end;
    rd_kafka_t *rk = bystander(broker);
    log_places(rk, TOPIC, &begin, &end);
    struct reader *reader = reader_of(broker, rk, end - 10, INT64_MAX);
    reader_until(broker, reader, 10);
    mock_fill(broker->kafka.config.bootstrap_servers, TOPIC, 5);
    reader_until(broker, reader, 15);
    assert_true(!reader_is_done(reader) && broker->finished == 0);
    reader_free(reader);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_is_read_to_its_end),
        cmocka_unit_test(a_partition_that_comes_again_while_it_is_read_is_read_anew),
        cmocka_unit_test(one_that_was_finished_too),
        cmocka_unit_test(a_client_reads_one_stretch_after_the_other),
        cmocka_unit_test(an_empty_stretch_is_finished_without_a_record),
        cmocka_unit_test(of_a_stretch_that_was_deleted_nothing_is_handed_over),
        cmocka_unit_test(a_log_that_ends_before_the_stretch_ends_it_there),
        cmocka_unit_test(who_takes_a_record_may_drop_its_stretch),
        cmocka_unit_test(what_a_replica_calls_the_end_is_none_before_the_leader_says_so),
        cmocka_unit_test(nor_for_receipts_that_are_read_by_an_inquiry),
        cmocka_unit_test(a_stretch_without_an_end_goes_on_behind_the_log_s),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
