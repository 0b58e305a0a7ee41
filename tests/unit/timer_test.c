#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "delivery/timer.h"

#define COUNT 300

static void timers_come_in_the_order_of_their_times(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct timer list[3] = {{.place = 0}};
    assert_int_equal(timers_next(&timers).ms, MONO_NEVER.ms);
    assert_null(timers_due(&timers, MONO_NEVER));
    timer_set(&timers, &list[0], (struct mono){30});
    timer_set(&timers, &list[1], (struct mono){10});
    timer_set(&timers, &list[2], (struct mono){20});
    assert_int_equal(timers_next(&timers).ms, 10);
    assert_null(timers_due(&timers, (struct mono){9}));
    assert_ptr_equal(timers_due(&timers, (struct mono){10}), &list[1]);
    timer_set(&timers, &list[2], (struct mono){40});
    assert_ptr_equal(timers_due(&timers, (struct mono){100}), &list[0]);
    assert_ptr_equal(timers_due(&timers, (struct mono){100}), &list[2]);
    assert_null(timers_due(&timers, MONO_NEVER));
    timers_done(&timers);
}

static void one_that_is_not_set_may_be_cleared_and_one_taken_out_set_again(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct timer one = {.place = 0};
    timer_clear(&timers, &one);
    timer_set(&timers, &one, (struct mono){5});
    timer_clear(&timers, &one);
    timer_clear(&timers, &one);
    assert_null(timers_due(&timers, MONO_NEVER));
    timer_set(&timers, &one, (struct mono){6});
    assert_ptr_equal(timers_due(&timers, (struct mono){6}), &one);
    timer_clear(&timers, &one);
    timer_set(&timers, &one, (struct mono){7});
    assert_int_equal(timers_next(&timers).ms, 7);
    timers_done(&timers);
}

static int64_t earliest(const struct timer *list, const bool *is_set)
{
    int64_t at = MONO_NEVER.ms;
    for (size_t i = 0; i < COUNT; i++)
        if (is_set[i] && list[i].at.ms < at)
            at = list[i].at.ms;
    return at;
}

static void the_earliest_is_always_first_whatever_is_set_moved_and_cleared(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct timer list[COUNT] = {{.place = 0}};
    bool is_set[COUNT] = {false};
    struct rng rng = {7};
    for (int step = 0; step < 20000; step++) {
        size_t which = (size_t)rng_below(&rng, COUNT);
        int64_t kind = rng_below(&rng, 4);
        if (kind < 2) {
            timer_set(&timers, &list[which], (struct mono){rng_below(&rng, 1000)});
            is_set[which] = true;
        } else if (kind == 2) {
            timer_clear(&timers, &list[which]);
            is_set[which] = false;
        } else {
            int64_t at = earliest(list, is_set);
            struct timer *due = timers_due(&timers, (struct mono){rng_below(&rng, 1000)});
            if (due != NULL) {
                assert_int_equal(due->at.ms, at);
                is_set[due - list] = false;
            }
        }
        assert_int_equal(timers_next(&timers).ms, earliest(list, is_set));
    }
    timers_done(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_come_in_the_order_of_their_times),
        cmocka_unit_test(one_that_is_not_set_may_be_cleared_and_one_taken_out_set_again),
        cmocka_unit_test(the_earliest_is_always_first_whatever_is_set_moved_and_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
