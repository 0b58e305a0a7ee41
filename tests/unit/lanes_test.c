/* When a partition that has run dry is fetched anew, where librdkafka does not look after a queue that was full by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/eventfd.h>
#include <unistd.h>

#include "kafka/kafka.h"
#include "kafka/lanes.h"

#define FULL 16384

static const struct mono noon = {1000000};

/* Of two partitions, with nothing in their queues. */
struct fixture {
    rd_kafka_t *rk;
    int fd;
    struct lanes lanes;
};

static int fixture_make(void **state)
{
    static struct fixture f;
    struct config config = {.bootstrap_servers = "127.0.0.1:1"};
    const struct kafka_setting settings[] = {{"group.id", "lanes"}, {NULL, NULL}};
    struct err err;
    rd_kafka_conf_t *conf = kafka_consumer_conf_new(&config, KAFKA_READ_COMMITTED, settings, &err);
    assert_non_null(conf);
    f.rk = kafka_new(RD_KAFKA_CONSUMER, conf, &err);
    assert_non_null(f.rk);
    f.fd = eventfd(0, EFD_NONBLOCK);
    lanes_init(&f.lanes, f.rk);
    f.lanes.full = FULL; /* whichever librdkafka it is */
    for (int32_t i = 0; i < 2; i++)
        lanes_add(&f.lanes, f.rk, "events", i, f.fd);
    *state = &f;
    return 0;
}

static int fixture_end(void **state)
{
    struct fixture *f = *state;
    lanes_done(&f->lanes);
    rd_kafka_destroy(f->rk);
    close(f->fd);
    return 0;
}

static size_t nothing_held(void *context, int32_t partition)
{
    (void)context, (void)partition;
    return 0;
}

/* So many bytes of its records were taken, and then there was no more. */
static void run_dry(struct fixture *f, int32_t lane, size_t bytes)
{
    for (int32_t i = 0; i < f->lanes.count; i++)
        f->lanes.intakes[i].waits = i == lane;
    f->lanes.last = lane;
    lanes_count(&f->lanes, bytes);
    assert_null(lanes_take(&f->lanes, nothing_held, NULL));
}

static bool is_due(const struct fixture *f, struct mono now)
{
    return mono_reached(f->lanes.refill_by, now);
}

static void a_queue_that_was_never_full_is_left_to_librdkafka(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++)
        run_dry(f, 0, FULL - 1);
    assert_int_equal(f->lanes.refill_by.ms, MONO_NEVER.ms);
    run_dry(f, 1, 0);
    assert_int_equal(f->lanes.refill_by.ms, MONO_NEVER.ms);
}

static void one_that_was_full_and_is_empty_is_fetched_anew_at_once(void **state)
{
    struct fixture *f = *state;
    run_dry(f, 1, FULL);
    assert_true(is_due(f, noon));
    assert_true(f->lanes.list[1].dry);
    lanes_refill(&f->lanes, f->rk, "events", noon);
    assert_false(f->lanes.list[1].dry);
    assert_int_equal(f->lanes.refill_by.ms, MONO_NEVER.ms);
}

static void what_was_taken_of_several_records_counts_together(void **state)
{
    struct fixture *f = *state;
    f->lanes.last = 0;
    lanes_count(&f->lanes, FULL / 2);
    run_dry(f, 1, FULL / 2);
    assert_int_equal(f->lanes.refill_by.ms, MONO_NEVER.ms);
    run_dry(f, 0, FULL / 2);
    assert_true(f->lanes.list[0].dry);
    assert_false(f->lanes.list[1].dry);
}

/* A request costs the broker something each time. */
static void while_there_is_more_to_take_those_that_run_dry_are_asked_for_together(void **state)
{
    struct fixture *f = *state;
    run_dry(f, 0, FULL);
    lanes_refill(&f->lanes, f->rk, "events", noon);
    run_dry(f, 0, FULL);
    assert_false(is_due(f, noon));
    f->lanes.intakes[1].waits = true;
    lanes_refill(&f->lanes, f->rk, "events", noon);
    assert_true(f->lanes.list[0].dry);
    run_dry(f, 1, FULL);
    struct mono then = f->lanes.refill_by;
    assert_in_range(then.ms, noon.ms + 1, noon.ms + 50);
    f->lanes.intakes[1].waits = true;
    lanes_refill(&f->lanes, f->rk, "events", then);
    assert_false(f->lanes.list[0].dry || f->lanes.list[1].dry);
}

static void where_there_is_nothing_else_to_take_nothing_is_waited_for(void **state)
{
    struct fixture *f = *state;
    run_dry(f, 0, FULL);
    lanes_refill(&f->lanes, f->rk, "events", noon);
    run_dry(f, 0, FULL);
    assert_false(is_due(f, noon));
    lanes_refill(&f->lanes, f->rk, "events", noon);
    assert_false(f->lanes.list[0].dry);
}

static void a_partition_that_was_paused_is_fetched_when_it_goes_on(void **state)
{
    struct fixture *f = *state;
    lanes_resumed(&f->lanes, 1);
    assert_true(f->lanes.list[1].dry);
    assert_true(is_due(f, noon));
}

static void nothing_is_asked_of_a_librdkafka_that_looks_by_itself(void **state)
{
    struct fixture *f = *state;
    f->lanes.full = SIZE_MAX;
    run_dry(f, 0, 1u << 30);
    lanes_resumed(&f->lanes, 1);
    assert_int_equal(f->lanes.refill_by.ms, MONO_NEVER.ms);
}

static size_t held_count(void *context, int32_t partition)
{
    (void)partition;
    ++*(size_t *)context;
    return 1;
}

/* With a thousand partitions each record wakes the loop, and 999 are empty. */
static void what_comes_to_one_makes_nobody_weigh_those_that_are_empty(void **state)
{
    struct fixture *f = *state;
    size_t asked = 0;
    for (int32_t i = 2; i < 1000; i++)
        lanes_add(&f->lanes, f->rk, "events", i, f->fd);
    while (lanes_take(&f->lanes, nothing_held, NULL) != NULL)
        ;
    lanes_wake(&f->lanes);
    assert_null(lanes_take(&f->lanes, held_count, &asked));
    assert_int_equal(asked, 0);
}

#define LANES_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LANES_TEST(a_queue_that_was_never_full_is_left_to_librdkafka),
        LANES_TEST(one_that_was_full_and_is_empty_is_fetched_anew_at_once),
        LANES_TEST(what_was_taken_of_several_records_counts_together),
        LANES_TEST(while_there_is_more_to_take_those_that_run_dry_are_asked_for_together),
        LANES_TEST(where_there_is_nothing_else_to_take_nothing_is_waited_for),
        LANES_TEST(a_partition_that_was_paused_is_fetched_when_it_goes_on),
        LANES_TEST(what_comes_to_one_makes_nobody_weigh_those_that_are_empty),
        LANES_TEST(nothing_is_asked_of_a_librdkafka_that_looks_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
