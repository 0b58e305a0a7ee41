#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/remote_clock.h"

static void hear(struct remote_clock *clock, int64_t stamp_ms, int64_t asked_ms, int64_t answered_ms)
{
    remote_clock_hear(clock, (struct wall){stamp_ms}, 1, (struct mono){asked_ms}, (struct mono){answered_ms});
}

static void what_is_not_known_is_as_our_own_clock_says_and_is_never_reached(void **state)
{
    (void)state;
    struct remote_clock clock = {0};
    struct moment now = {{100}, {5000}};
    assert_true(remote_clock_is_vague(&clock));
    assert_int_equal(remote_clock_guess(&clock, now).ms, 5000);
    assert_int_equal(remote_clock_ahead_ms(&clock, now), 0);
    assert_int_equal(remote_clock_reaches(&clock, (struct wall){1}).ms, MONO_NEVER.ms);
}

static void a_stamp_was_made_between_the_question_and_the_answer(void **state)
{
    (void)state;
    struct remote_clock clock = {0};
    hear(&clock, 50000, 100, 300); /* at 300 it was 50000 at the earliest, at 100 50001 at the latest */
    assert_int_equal(remote_clock_reaches(&clock, (struct wall){50000}).ms, 300);
    assert_int_equal(remote_clock_reaches(&clock, (struct wall){60000}).ms, 10300);
    assert_int_equal(remote_clock_ahead_ms(&clock, (struct moment){{300}, {50000}}), 0);
    assert_int_equal(remote_clock_ahead_ms(&clock, (struct moment){{300}, {50201}}), 0);
    assert_int_equal(remote_clock_ahead_ms(&clock, (struct moment){{300}, {50301}}), 100);
    assert_int_equal(remote_clock_ahead_ms(&clock, (struct moment){{300}, {49000}}), -1000);
}

static void an_answer_that_came_late_takes_nothing_from_what_was_known(void **state)
{
    (void)state;
    struct remote_clock clock = {0};
    hear(&clock, 50000, 300, 300);
    hear(&clock, 51000, 1300, 10000000);
    assert_false(remote_clock_is_vague(&clock));
    assert_int_equal(remote_clock_reaches(&clock, (struct wall){50000}).ms, 300);
}

static void one_that_came_late_alone_is_vague(void **state)
{
    (void)state;
    struct remote_clock clock = {0};
    hear(&clock, 50000, 300, 300 + REMOTE_CLOCK_VAGUE_MS);
    assert_true(remote_clock_is_vague(&clock));
    hear(&clock, 60000, 10300, 10300);
    assert_false(remote_clock_is_vague(&clock));
}

static void a_clock_that_was_set_is_known_anew(void **state)
{
    (void)state;
    struct remote_clock clock = {0};
    hear(&clock, 50000, 300, 310);
    hear(&clock, 3650000, 400, 410);
    assert_int_equal(remote_clock_reaches(&clock, (struct wall){3650000}).ms, 410);
    hear(&clock, 50200, 500, 510);
    assert_int_equal(remote_clock_reaches(&clock, (struct wall){50200}).ms, 510);
}

static void two_clocks_are_apart_by_what_is_certain(void **state)
{
    (void)state;
    struct remote_clock one = {0}, other = {0};
    hear(&one, 50000, 300, 310);
    assert_int_equal(remote_clock_apart_ms(&one, &other), 0);
    remote_clock_hear(&other, (struct wall){50000}, 1000, (struct mono){300}, (struct mono){310});
    assert_int_equal(remote_clock_apart_ms(&one, &other), 0);
    hear(&other, 80000, 300, 310);
    assert_int_equal(remote_clock_apart_ms(&other, &one), 30000 - 11);
    assert_int_equal(remote_clock_apart_ms(&one, &other), -30000 + 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_known_is_as_our_own_clock_says_and_is_never_reached),
        cmocka_unit_test(a_stamp_was_made_between_the_question_and_the_answer),
        cmocka_unit_test(an_answer_that_came_late_takes_nothing_from_what_was_known),
        cmocka_unit_test(one_that_came_late_alone_is_vague),
        cmocka_unit_test(a_clock_that_was_set_is_known_anew),
        cmocka_unit_test(two_clocks_are_apart_by_what_is_certain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
