/* Commands read a stretch of a log: all of it, or it is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cmd/scan.h"
#include "unit/mock_broker.h"

#define TOPIC   "dead"
#define RECORDS 20

struct fixture {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster;
    struct config config;
    struct client *client;
    size_t taken;
    int64_t next;
    bool went_back;
    bool forgets; /* with the first record that is taken its first ones are deleted */
};

static int fixture_make(void **state)
{
    static struct fixture f;
    struct err err;
    f = (struct fixture){.rk = mock_client(RD_KAFKA_PRODUCER, NULL)};
    f.cluster = rd_kafka_mock_cluster_new(f.rk, 1);
    assert_non_null(f.cluster);
    rd_kafka_mock_topic_create(f.cluster, TOPIC, 1, 1);
    const char *bootstrap = rd_kafka_mock_cluster_bootstraps(f.cluster);
    mock_fill(bootstrap, TOPIC, RECORDS);
    f.config = (struct config){.bootstrap_servers = (char *)(uintptr_t)bootstrap};
    f.client = scan_client_new(&f.config, KAFKA_READ_ALL, &err);
    *state = &f;
    return f.client == NULL ? -1 : 0;
}

static int fixture_end(void **state)
{
    struct fixture *f = *state;
    client_free(f->client);
    rd_kafka_mock_cluster_destroy(f->cluster);
    rd_kafka_destroy(f->rk);
    return 0;
}

static void taken(void *context, const rd_kafka_message_t *message)
{
    struct fixture *f = context;
    f->went_back = f->went_back || message->offset < f->next;
    f->next = message->offset + 1;
    if (f->taken++ == 0 && f->forgets)
        mock_forget(f->config.bootstrap_servers, TOPIC);
}

static int scanned(struct fixture *f, int64_t begin, int64_t end, struct err *err)
{
    const struct scan scan = {TOPIC, 0, begin, end};
    f->taken = 0;
    f->next = begin;
    return scan_read(f->client, &scan, taken, f, err);
}

static void a_stretch_is_read_and_another_after_it(void **state)
{
    struct err err;
    assert_int_equal(scanned(*state, 5, 12, &err), 0);
    assert_int_equal(((struct fixture *)*state)->taken, 7);
    assert_int_equal(scanned(*state, 0, RECORDS, &err), 0);
    assert_int_equal(((struct fixture *)*state)->taken, RECORDS);
}

/* That what is not there any more was read would be a wrong word of an audit: not read is not nothing there. */
static void a_log_that_has_lost_its_tail_is_an_error(void **state)
{
    struct err err;
    assert_int_equal(scanned(*state, 5, RECORDS + 5, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_non_null(strstr(err.text, "topic dead, partition 0: while it was read it was made again, or has lost its tail"));
}

/* librdkafka goes on at the beginning of one that ends before what it is to read. */
static void records_of_a_log_that_was_made_again_are_not_handed_over(void **state)
{
    struct err err;
    int result = scanned(*state, RECORDS + 2, RECORDS + 5, &err);
    assert_false(((struct fixture *)*state)->went_back);
    assert_int_equal(((struct fixture *)*state)->taken, 0);
    assert_int_equal(result, -1);
    assert_non_null(strstr(err.text, "it was made again"));
}

/* A client that does not read ahead, of a log of which 54 records more are left for good. */
static void deletes_while_it_reads(struct fixture *f)
{
    static const struct kafka_setting settings[] = {
        {"queued.max.messages.kbytes", "1"}, {"fetch.message.max.bytes", "1000"}, {NULL, NULL}};
    struct err err;
    client_free(f->client);
    f->client = client_bystander_new(&f->config, KAFKA_READ_ALL, settings, &err);
    assert_non_null(f->client);
    mock_forget(f->config.bootstrap_servers, TOPIC);
    f->forgets = true;
}

/* Else receipts that were deleted would be missing, and their records be called lost. */
static void records_that_are_deleted_while_a_log_is_read_are_an_error(void **state)
{
    struct fixture *f = *state;
    struct err err;
    int64_t begin, end;
    deletes_while_it_reads(f);
    assert_int_equal(client_offsets(f->client, TOPIC, 0, &begin, &end, &err), 0);
    assert_int_equal(scanned(f, begin, end + 40, &err), -1);
    assert_true(f->taken < (size_t)(end + 40 - begin));
    assert_non_null(strstr(err.text, "topic dead, partition 0: while it was read, records were deleted; try again"));
}

static void so_are_those_up_to_the_end_of_the_stretch(void **state)
{
    struct fixture *f = *state;
    struct err err;
    int64_t begin, end;
    deletes_while_it_reads(f);
    assert_int_equal(client_offsets(f->client, TOPIC, 0, &begin, &end, &err), 0);
    assert_int_equal(scanned(f, begin, end, &err), -1);
    assert_true(f->taken < (size_t)(end - begin));
    assert_non_null(strstr(err.text, "records were deleted"));
}

/* Whoever asks knows that from the first offset that came. */
static void those_that_were_deleted_before_the_first_one_are_none(void **state)
{
    struct fixture *f = *state;
    struct err err;
    int64_t begin, end;
    mock_forget(f->config.bootstrap_servers, TOPIC);
    assert_int_equal(client_offsets(f->client, TOPIC, 0, &begin, &end, &err), 0);
    assert_true(begin > 0);
    assert_int_equal(scanned(f, 0, end, &err), 0);
    assert_int_equal(f->taken, end - begin);
}

#define SCAN_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCAN_TEST(a_stretch_is_read_and_another_after_it),
        SCAN_TEST(a_log_that_has_lost_its_tail_is_an_error),
        SCAN_TEST(records_of_a_log_that_was_made_again_are_not_handed_over),
        SCAN_TEST(records_that_are_deleted_while_a_log_is_read_are_an_error),
        SCAN_TEST(so_are_those_up_to_the_end_of_the_stretch),
        SCAN_TEST(those_that_were_deleted_before_the_first_one_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
