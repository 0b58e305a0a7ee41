#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/flood.h"

static void as_many_as_the_limit_pass_within_a_minute(void **state)
{
    (void)state;
    struct flood flood = {0};
    for (int i = 0; i < 20; i++)
        assert_true(flood_pass(&flood, 20, 1000000 + i));
    assert_false(flood_pass(&flood, 20, 1000000 + FLOOD_MS - 1));
    assert_true(flood_pass(&flood, 20, 1000000 + FLOOD_MS));
    assert_false(flood_pass(&flood, 20, 1000000 + FLOOD_MS)); /* the second was a millisecond later */
    assert_true(flood_pass(&flood, 20, 1000001 + FLOOD_MS));
    flood_done(&flood);
}

static void what_did_not_pass_does_not_count(void **state)
{
    (void)state;
    struct flood flood = {0};
    assert_true(flood_pass(&flood, 1, 0));
    for (int64_t at = 0; at < FLOOD_MS; at += 1000)
        assert_false(flood_pass(&flood, 1, at));
    assert_true(flood_pass(&flood, 1, FLOOD_MS));
    flood_done(&flood);
}

static void one_a_second_is_seen_however_long_it_lasts(void **state)
{
    (void)state;
    struct flood flood = {0};
    int passed = 0;
    for (int64_t at = 0; at < 10 * FLOOD_MS; at += 1000)
        passed += flood_pass(&flood, 20, at);
    assert_int_equal(passed, 200);
    assert_int_equal(flood.capacity, 32);
    flood_done(&flood);
}

static void without_a_limit_all_pass_and_nothing_is_kept(void **state)
{
    (void)state;
    struct flood flood = {0};
    for (int i = 0; i < 100; i++)
        assert_true(flood_pass(&flood, 0, 1000));
    assert_null(flood.admitted_ms);
    flood_done(&flood);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_as_the_limit_pass_within_a_minute),
        cmocka_unit_test(what_did_not_pass_does_not_count),
        cmocka_unit_test(one_a_second_is_seen_however_long_it_lasts),
        cmocka_unit_test(without_a_limit_all_pass_and_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
