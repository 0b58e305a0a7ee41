#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/answer.h"
#include "delivery/retry.h"

static void a_wait_is_1_ms_to_half_a_second_and_doubles_to_30_s(void **state)
{
    (void)state;
    const int64_t most_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    struct rng rng = {1};
    for (unsigned tries = 0; tries < 8; tries++) {
        int64_t least = INT64_MAX, greatest = 0, sum = 0;
        for (int i = 0; i < 2000; i++) {
            int64_t delay_ms = retry_delay_ms(tries, &rng);
            least = delay_ms < least ? delay_ms : least;
            greatest = delay_ms > greatest ? delay_ms : greatest;
            sum += delay_ms;
        }
        assert_true(least >= 1 && least <= most_ms[tries] / 50);
        assert_true(greatest <= most_ms[tries] && greatest >= most_ms[tries] - most_ms[tries] / 50);
        assert_true(sum / 2000 > most_ms[tries] * 2 / 5 && sum / 2000 < most_ms[tries] * 3 / 5);
    }
    assert_true(retry_delay_ms(UINT32_MAX, &rng) <= 30000);
}

static void every_answer_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (int a = ANSWER_OK; a <= ANSWER_REFUSED; a++) {
        assert_true(answer_word((enum answer_kind)a)[0] != 0);
        for (int b = ANSWER_OK; b < a; b++)
            assert_string_not_equal(answer_word((enum answer_kind)a), answer_word((enum answer_kind)b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_is_1_ms_to_half_a_second_and_doubles_to_30_s),
        cmocka_unit_test(every_answer_has_a_word_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
