#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdlib.h>

#include "kafka/reader.h"
#include "unit/mock_broker.h"

#define TOPIC    "receipts"
#define RECEIPTS 500

/* librdkafka's own broker, with as many receipts in partition 0. */
struct broker {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster;
    rd_kafka_t *asker;
    struct inquiry *inquiry;
    struct config config;
    size_t receipts, finished;
    int64_t end;
};

static int setup(void **state)
{
    struct broker *broker = calloc(1, sizeof(*broker));
    broker->rk = mock_client(RD_KAFKA_PRODUCER, NULL);
    broker->cluster = rd_kafka_mock_cluster_new(broker->rk, 1);
    assert_non_null(broker->cluster);
    rd_kafka_mock_topic_create(broker->cluster, TOPIC, 2, 1);
    const char *bootstrap = rd_kafka_mock_cluster_bootstraps(broker->cluster);
    broker->config = (struct config){.bootstrap_servers = (char *)(uintptr_t)bootstrap,
                                     .group_id = (char *)(uintptr_t) "group",
                                     .receipts_topic = (char *)(uintptr_t)TOPIC};
    mock_fill(bootstrap, TOPIC, RECEIPTS);
    struct err err;
    broker->asker = mock_client(RD_KAFKA_CONSUMER, bootstrap);
    broker->inquiry = inquiry_new(&broker->config, broker->asker, broker->asker, &err);
    *state = broker;
    return broker->inquiry == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    struct broker *broker = *state;
    inquiry_free(broker->inquiry);
    rd_kafka_destroy(broker->asker);
    rd_kafka_mock_cluster_destroy(broker->cluster);
    rd_kafka_destroy(broker->rk);
    free(broker);
    return 0;
}

static void took(void *context, const struct record *record)
{
    struct broker *broker = context;
    assert_int_equal(record->partition, 0);
    broker->receipts++;
}

static void finished(void *context, int32_t partition, int64_t end)
{
    struct broker *broker = context;
    assert_int_equal(partition, 0);
    broker->finished++;
    broker->end = end;
}

static const struct reader_calls calls = {took, finished};

static struct reader *reader_begin(struct broker *broker)
{
    struct err err;
    broker->receipts = broker->finished = 0;
    struct reader *reader = reader_new(&broker->config, broker->inquiry, &calls, broker, &err);
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
    struct pollfd ready[] = {{.fd = reader_fd(reader), .events = POLLIN}, {.fd = inquiry_fd(broker->inquiry), .events = POLLIN}};
    assert_null(reader_fatal(reader));
    if (reader_turn(reader) || reader_is_done(reader))
        return;
    assert_true(poll(ready, 2, 30000) > 0);
    inquiry_turn(broker->inquiry, looked_up, reader);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_is_read_to_its_end),
        cmocka_unit_test(a_partition_that_comes_again_while_it_is_read_is_read_anew),
        cmocka_unit_test(one_that_was_finished_too),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
