#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/concurrency.h"

static struct rng rng = {3};

/* A concurrency limit, and the moment at which it is. */
struct ride {
    struct concurrency concurrency;
    int64_t now_ms;
};

static struct ride ride_begin(int32_t most)
{
    struct ride ride = {.now_ms = 1000};
    concurrency_init(&ride.concurrency, most);
    return ride;
}

static int32_t places(const struct ride *ride)
{
    int32_t count = 0;
    while (concurrency_allows(&ride->concurrency, count, (struct mono){ride->now_ms}))
        count++;
    return count;
}

/* As many calls as may be begin now, and are answered after `took_ms`. */
static void round_trip(struct ride *ride, enum call_kind kind, int64_t took_ms)
{
    struct mono started = {ride->now_ms};
    ride->now_ms += took_ms;
    for (int32_t left = places(ride); left > 0; left--)
        concurrency_succeeded(&ride->concurrency, kind, started, places(ride), (struct mono){ride->now_ms});
}

/* A Papercups that serves `capacity` calls at once, each in `took_ms`; the others wait. */
static void serve(struct ride *ride, int32_t capacity, int64_t took_ms, int trips)
{
    for (int i = 0; i < trips; i++) {
        int32_t calls = places(ride);
        round_trip(ride, CALL_POST_MESSAGE, calls <= capacity ? took_ms : took_ms * calls / capacity);
    }
}

static void lose(struct ride *ride, int64_t started_ms)
{
    concurrency_failed(&ride->concurrency, (struct mono){started_ms}, (struct mono){ride->now_ms}, &rng);
}

static void it_begins_with_four_or_with_what_is_allowed(void **state)
{
    (void)state;
    struct ride ride = ride_begin(64);
    assert_int_equal(places(&ride), 4);
    ride = ride_begin(2);
    assert_int_equal(places(&ride), 2);
}

static void it_grows_while_its_places_are_used_up_and_nothing_waits(void **state)
{
    (void)state;
    struct ride ride = ride_begin(64);
    serve(&ride, 1000, 60, 400);
    assert_int_equal(ride.concurrency.limit, 64);
    ride = ride_begin(64);
    for (int i = 0; i < 1000; i++, ride.now_ms += 60)
        concurrency_succeeded(&ride.concurrency, CALL_POST_MESSAGE, (struct mono){ride.now_ms - 60}, 2,
                              (struct mono){ride.now_ms});
    assert_int_equal(ride.concurrency.limit, 4);
}

static void it_finds_what_is_served_at_once_and_goes_with_it(void **state)
{
    (void)state;
    const int32_t capacities[] = {8, 4, 8, 16, 6};
    struct ride ride = ride_begin(64);
    for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
        serve(&ride, capacities[i], 60, 60);
        assert_in_range(ride.concurrency.limit, capacities[i], capacities[i] * 3 / 2 + 1);
    }
}

/* What one takes without waiting says nothing of the other. */
static void each_kind_of_call_has_its_own_low(void **state)
{
    (void)state;
    struct ride ride = ride_begin(16);
    for (int i = 0; i < 400; i++)
        round_trip(&ride, i % 4 == 0 ? CALL_POST_MESSAGE : CALL_FIND_CUSTOMERS, i % 4 == 0 ? 90 : 3);
    assert_int_equal(ride.concurrency.limit, 16);
    assert_int_equal(ride.concurrency.lows[CALL_POST_MESSAGE].us, 90000);
    assert_int_equal(ride.concurrency.lows[CALL_FIND_CUSTOMERS].us, 3000);
}

/* A customer's list of a thousand messages takes its time; that is no congestion. */
static void one_long_answer_is_no_reason(void **state)
{
    (void)state;
    struct ride ride = ride_begin(16);
    serve(&ride, 1000, 60, 60);
    for (int i = 0; i < 200; i++) {
        int64_t took_ms = i % 5 == 4 ? 10000 : 3;
        concurrency_succeeded(&ride.concurrency, CALL_LIST_CONVERSATIONS, (struct mono){ride.now_ms},
                              places(&ride), (struct mono){ride.now_ms + took_ms});
        serve(&ride, 1000, 60, 1);
        assert_true(ride.concurrency.limit >= 12);
    }
}

/* All of them began before it was known: they are one congestion. */
static void what_began_before_the_last_change_is_no_reason_for_another(void **state)
{
    (void)state;
    struct ride ride = ride_begin(64);
    serve(&ride, 1000, 60, 400);
    int64_t began_ms = ride.now_ms;
    ride.now_ms += 500;
    for (int i = 0; i < 60; i++)
        concurrency_succeeded(&ride.concurrency, CALL_POST_MESSAGE, (struct mono){began_ms}, 64,
                              (struct mono){ride.now_ms});
    int32_t limit = ride.concurrency.limit;
    assert_in_range(limit, 42, 64);
    for (int i = 0; i < 4; i++) {
        lose(&ride, began_ms - 1);
        concurrency_succeeded(&ride.concurrency, CALL_POST_MESSAGE, (struct mono){began_ms - 1}, 64,
                              (struct mono){ride.now_ms});
    }
    assert_int_equal(ride.concurrency.limit, limit);
}

static void it_goes_down_by_a_third_once_a_round_where_calls_fail_and_never_below_one(void **state)
{
    (void)state;
    struct ride ride = ride_begin(64);
    serve(&ride, 1000, 60, 400);
    int64_t began_ms = ride.now_ms;
    ride.now_ms += 100;
    lose(&ride, began_ms + 1);
    assert_int_equal(ride.concurrency.limit, 42);
    lose(&ride, began_ms + 1);
    assert_int_equal(ride.concurrency.limit, 42);
    ride.now_ms += 100;
    lose(&ride, ride.now_ms - 1);
    assert_int_equal(ride.concurrency.limit, 28);
    for (int i = 0; i < 200; i++) {
        ride.now_ms += 100;
        lose(&ride, ride.now_ms - 1);
    }
    assert_int_equal(ride.concurrency.limit, 1);
}

static void after_a_failure_it_grows_by_one_a_round(void **state)
{
    (void)state;
    struct ride ride = ride_begin(64);
    serve(&ride, 1000, 60, 400);
    ride.now_ms += 100;
    lose(&ride, ride.now_ms - 1);
    assert_int_equal(ride.concurrency.limit, 42);
    serve(&ride, 1000, 60, 1);
    assert_int_equal(ride.concurrency.limit, 43);
    serve(&ride, 1000, 60, 1);
    assert_int_equal(ride.concurrency.limit, 44);
}

/* A server that has become slow for good would otherwise hold the account at one for ever. */
static void what_calls_take_without_waiting_is_looked_at_anew(void **state)
{
    (void)state;
    struct ride ride = ride_begin(8);
    serve(&ride, 1000, 30, 100);
    serve(&ride, 1000, 500, 400);
    assert_int_equal(ride.concurrency.limit, 8);
    assert_in_range(ride.concurrency.lows[CALL_POST_MESSAGE].us, 400000, 500000);
}

static void answers_of_less_than_20_ms_have_not_waited(void **state)
{
    (void)state;
    struct ride ride = ride_begin(16);
    serve(&ride, 1000, 1, 100);
    assert_int_equal(ride.concurrency.limit, 16);
    for (int i = 0; i < 20; i++) {
        round_trip(&ride, CALL_POST_MESSAGE, 20);
        assert_int_equal(ride.concurrency.limit, 16);
    }
}

static int32_t fail_to_the_circuit(struct ride *ride)
{
    for (int i = 0; i < 5; i++)
        lose(ride, ride->now_ms - 1);
    return ride->concurrency.limit;
}

static void after_five_failures_in_a_row_one_at_a_time_goes_out_until_one_succeeds(void **state)
{
    (void)state;
    struct ride ride = ride_begin(64);
    serve(&ride, 1000, 60, 400);
    for (int i = 0; i < 4; i++)
        lose(&ride, ride.now_ms - 1);
    assert_true(concurrency_allows(&ride.concurrency, 10, (struct mono){ride.now_ms}));
    assert_false(concurrency_is_open(&ride.concurrency));
    lose(&ride, ride.now_ms - 1);
    assert_true(concurrency_is_open(&ride.concurrency));
    assert_false(concurrency_allows(&ride.concurrency, 0, (struct mono){ride.now_ms}));
    assert_in_range(ride.concurrency.not_before.ms, ride.now_ms + 1, ride.now_ms + 500);
    ride.now_ms = ride.concurrency.not_before.ms;
    assert_int_equal(places(&ride), 1);
    round_trip(&ride, CALL_POST_MESSAGE, 60);
    assert_false(concurrency_is_open(&ride.concurrency));
    assert_true(places(&ride) > 10);
    fail_to_the_circuit(&ride);
    assert_int_equal(places(&ride), 0);
}

static void the_pause_between_probes_grows_to_5_s(void **state)
{
    (void)state;
    struct ride ride = ride_begin(64);
    int64_t longest_ms = 0;
    fail_to_the_circuit(&ride);
    for (int i = 0; i < 200; i++) {
        ride.now_ms = ride.concurrency.not_before.ms;
        lose(&ride, ride.now_ms);
        int64_t pause_ms = ride.concurrency.not_before.ms - ride.now_ms;
        assert_in_range(pause_ms, 1, 5000);
        longest_ms = pause_ms > longest_ms ? pause_ms : longest_ms;
    }
    assert_int_equal(longest_ms, 5000);
}

static void a_pause_that_was_asked_for_is_not_shortened(void **state)
{
    (void)state;
    struct ride ride = ride_begin(64);
    concurrency_pause(&ride.concurrency, (struct mono){60000});
    concurrency_pause(&ride.concurrency, (struct mono){50000});
    assert_int_equal(ride.concurrency.not_before.ms, 60000);
    assert_false(concurrency_allows(&ride.concurrency, 0, (struct mono){59999}));
    fail_to_the_circuit(&ride);
    assert_int_equal(ride.concurrency.not_before.ms, 60000);
    assert_true(concurrency_allows(&ride.concurrency, 0, (struct mono){60000}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_four_or_with_what_is_allowed),
        cmocka_unit_test(it_grows_while_its_places_are_used_up_and_nothing_waits),
        cmocka_unit_test(it_finds_what_is_served_at_once_and_goes_with_it),
        cmocka_unit_test(each_kind_of_call_has_its_own_low),
        cmocka_unit_test(one_long_answer_is_no_reason),
        cmocka_unit_test(what_began_before_the_last_change_is_no_reason_for_another),
        cmocka_unit_test(it_goes_down_by_a_third_once_a_round_where_calls_fail_and_never_below_one),
        cmocka_unit_test(after_a_failure_it_grows_by_one_a_round),
        cmocka_unit_test(what_calls_take_without_waiting_is_looked_at_anew),
        cmocka_unit_test(answers_of_less_than_20_ms_have_not_waited),
        cmocka_unit_test(after_five_failures_in_a_row_one_at_a_time_goes_out_until_one_succeeds),
        cmocka_unit_test(the_pause_between_probes_grows_to_5_s),
        cmocka_unit_test(a_pause_that_was_asked_for_is_not_shortened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
