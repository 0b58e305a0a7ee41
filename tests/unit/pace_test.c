#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/pace.h"

static struct rng rng = {3};

/* That many good answers while all places are taken. */
static void succeed(struct pace *pace, int count, int64_t latency_ms)
{
    for (int i = 0; i < count; i++)
        pace_succeeded(pace, latency_ms, pace->limit);
}

static int32_t fail_to_the_circuit(struct pace *pace, int64_t now_ms)
{
    for (int i = 0; i < 5; i++)
        pace_failed(pace, (struct mono){now_ms}, &rng);
    return pace->limit;
}

static void it_begins_with_four_or_with_what_is_allowed(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 64);
    assert_true(pace_allows(&pace, 3, (struct mono){0}));
    assert_false(pace_allows(&pace, 4, (struct mono){0}));
    pace_init(&pace, 2);
    assert_true(pace_allows(&pace, 1, (struct mono){0}));
    assert_false(pace_allows(&pace, 2, (struct mono){0}));
}

static void it_grows_by_one_a_window_while_it_is_used_up(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 64);
    succeed(&pace, 3, 10);
    assert_int_equal(pace.limit, 4);
    succeed(&pace, 1, 10);
    assert_int_equal(pace.limit, 5);
    succeed(&pace, 5 + 6 + 7, 10);
    assert_int_equal(pace.limit, 8);
    for (int i = 0; i < 100; i++)
        pace_succeeded(&pace, 10, 7);
    assert_int_equal(pace.limit, 8);
    succeed(&pace, 10000, 10);
    assert_int_equal(pace.limit, 64);
}

static void it_goes_down_by_a_third_once_a_window_and_never_below_one(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 64);
    pace.limit = 64; /* and a window begins */
    pace_failed(&pace, (struct mono){0}, &rng);
    assert_int_equal(pace.limit, 42);
    pace_failed(&pace, (struct mono){0}, &rng);
    assert_int_equal(pace.limit, 42);
    succeed(&pace, 40, 10);
    assert_int_equal(pace.limit, 42);
    pace_failed(&pace, (struct mono){0}, &rng);
    assert_int_equal(pace.limit, 28);
    for (int i = 0; i < 200; i++)
        pace_failed(&pace, (struct mono){0}, &rng);
    assert_int_equal(pace.limit, 1);
}

static void slow_is_more_than_twice_the_low_and_more_than_50_ms(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 64);
    succeed(&pace, 10000, 10);
    succeed(&pace, 1, 50);
    assert_int_equal(pace.limit, 64);
    succeed(&pace, 1, 51);
    assert_int_equal(pace.limit, 42);
    pace_init(&pace, 64);
    succeed(&pace, 10000, 100);
    succeed(&pace, 1, 200);
    assert_int_equal(pace.limit, 64);
    succeed(&pace, 1, 201);
    assert_int_equal(pace.limit, 42);
}

/* A server that has become slow for good would otherwise hold the account at one for ever. */
static void the_low_is_forgotten_after_20_windows_without_it(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 8);
    succeed(&pace, 1000, 10);
    succeed(&pace, 1000, 500);
    assert_int_equal(pace.limit, 8);
    assert_int_equal(pace.low_ms, 500);
}

static void after_five_failures_in_a_row_one_at_a_time_goes_out_until_one_succeeds(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 64);
    succeed(&pace, 10000, 10);
    for (int i = 0; i < 4; i++)
        pace_failed(&pace, (struct mono){1000}, &rng);
    assert_true(pace_allows(&pace, 10, (struct mono){1000}));
    pace_failed(&pace, (struct mono){1000}, &rng);
    assert_false(pace_allows(&pace, 0, (struct mono){1000}));
    assert_in_range(pace.not_before.ms, 1001, 1500);
    assert_true(pace_allows(&pace, 0, pace.not_before));
    assert_false(pace_allows(&pace, 1, pace.not_before));
    succeed(&pace, 1, 10);
    assert_true(pace_allows(&pace, 10, (struct mono){1500}));
    fail_to_the_circuit(&pace, 2000);
    assert_false(pace_allows(&pace, 1, (struct mono){3000}));
}

static void the_pause_between_probes_grows_to_30_s(void **state)
{
    (void)state;
    struct pace pace;
    int64_t now_ms = 0, longest_ms = 0;
    pace_init(&pace, 64);
    fail_to_the_circuit(&pace, now_ms);
    for (int i = 0; i < 200; i++) {
        now_ms = pace.not_before.ms;
        pace_failed(&pace, (struct mono){now_ms}, &rng);
        int64_t pause_ms = pace.not_before.ms - now_ms;
        assert_in_range(pause_ms, 1, 30000);
        longest_ms = pause_ms > longest_ms ? pause_ms : longest_ms;
    }
    assert_true(longest_ms > 20000);
}

static void a_pause_that_was_asked_for_is_not_shortened(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 64);
    pace_pause(&pace, (struct mono){60000});
    pace_pause(&pace, (struct mono){50000});
    assert_int_equal(pace.not_before.ms, 60000);
    assert_false(pace_allows(&pace, 0, (struct mono){59999}));
    fail_to_the_circuit(&pace, 1000);
    assert_int_equal(pace.not_before.ms, 60000);
    assert_true(pace_allows(&pace, 0, (struct mono){60000}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_four_or_with_what_is_allowed),
        cmocka_unit_test(it_grows_by_one_a_window_while_it_is_used_up),
        cmocka_unit_test(it_goes_down_by_a_third_once_a_window_and_never_below_one),
        cmocka_unit_test(slow_is_more_than_twice_the_low_and_more_than_50_ms),
        cmocka_unit_test(the_low_is_forgotten_after_20_windows_without_it),
        cmocka_unit_test(after_five_failures_in_a_row_one_at_a_time_goes_out_until_one_succeeds),
        cmocka_unit_test(the_pause_between_probes_grows_to_30_s),
        cmocka_unit_test(a_pause_that_was_asked_for_is_not_shortened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
