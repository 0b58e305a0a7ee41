#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "gate/access/limit.h"

#define AT(s) ((struct mono){(s)*INT64_C(1000)})

static void a_name_has_a_minutes_worth_at_once_and_the_rest_one_after_the_other(void **state)
{
    struct limit *limit = limit_new();
    (void)state;
    for (int i = 0; i < 6; i++)
        assert_int_equal(limit_take(limit, SPAN("a"), 6, AT(100)), 0);
    assert_int_equal(limit_take(limit, SPAN("a"), 6, AT(100)), 10);
    assert_int_equal(limit_take(limit, SPAN("a"), 6, AT(103)), 7);
    assert_int_equal(limit_take(limit, SPAN("b"), 6, AT(103)), 0);
    assert_int_equal(limit_take(limit, SPAN("a"), 6, AT(110)), 0);
    assert_int_equal(limit_take(limit, SPAN("a"), 6, AT(110)), 10);
    for (int i = 0; i < 6; i++)
        assert_int_equal(limit_take(limit, SPAN("a"), 6, AT(100000)), 0);
    assert_int_equal(limit_take(limit, SPAN("a"), 6, AT(100000)), 10);
    limit_free(limit);
}

static void nothing_is_taken_of_who_waits_as_told(void **state)
{
    struct limit *limit = limit_new();
    int64_t now = 0;
    (void)state;
    for (int i = 0; i < 100; i++) {
        int64_t wait_s = limit_take(limit, SPAN("a"), 7, AT(now));
        if (wait_s > 0) {
            now += wait_s;
            assert_int_equal(limit_take(limit, SPAN("a"), 7, AT(now)), 0);
        }
    }
    assert_in_range(now, 100 * 60 / 7 - 120, 100 * 60 / 7 + 120);
    limit_free(limit);
}

static void without_a_limit_nobody_waits(void **state)
{
    struct limit *limit = limit_new();
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(limit_take(limit, SPAN("a"), 0, AT(1)), 0);
    limit_free(limit);
}

static void who_has_used_it_up_is_not_forgotten_for_a_crowd_of_others(void **state)
{
    struct limit *limit = limit_new();
    char name[16];
    (void)state;
    for (int i = 0; i < 10; i++)
        limit_take(limit, SPAN("a"), 10, AT(1));
    for (int i = 0; i < 100000; i++) {
        int size = snprintf(name, sizeof(name), "%d", i);
        assert_int_equal(limit_take(limit, (struct span){name, (size_t)size}, 10, AT(1)), 0);
    }
    assert_true(limit_take(limit, SPAN("a"), 10, AT(1)) > 0);
    limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_a_minutes_worth_at_once_and_the_rest_one_after_the_other),
        cmocka_unit_test(nothing_is_taken_of_who_waits_as_told),
        cmocka_unit_test(without_a_limit_nobody_waits),
        cmocka_unit_test(who_has_used_it_up_is_not_forgotten_for_a_crowd_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
