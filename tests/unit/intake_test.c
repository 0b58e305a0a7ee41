/* Whose record is taken next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "progress/intake.h"

static void it_is_that_of_the_partition_that_holds_least(void **state)
{
    (void)state;
    const struct intake list[] = {{0, true, 500}, {1, true, 20}, {2, true, 30}};
    for (int32_t last = -1; last < 3; last++)
        assert_int_equal(intake_next(list, 3, last), 1);
}

static void one_for_which_nothing_waits_is_passed_over(void **state)
{
    (void)state;
    const struct intake list[] = {{0, true, 500}, {1, false, 0}, {2, true, 30}};
    assert_int_equal(intake_next(list, 3, -1), 2);
    const struct intake idle[] = {{0, false, 0}, {1, false, 0}};
    assert_int_equal(intake_next(idle, 2, 1), -1);
    assert_int_equal(intake_next(idle, 0, -1), -1);
}

static void those_that_hold_the_same_take_turns(void **state)
{
    (void)state;
    const struct intake list[] = {{0, true, 0}, {1, true, 7}, {2, true, 0}};
    assert_int_equal(intake_next(list, 3, -1), 0);
    assert_int_equal(intake_next(list, 3, 0), 2);
    assert_int_equal(intake_next(list, 3, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_that_of_the_partition_that_holds_least),
        cmocka_unit_test(one_for_which_nothing_waits_is_passed_over),
        cmocka_unit_test(those_that_hold_the_same_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
