#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/clocks.h"

#define NOT_KNOWN INT64_MIN

/* How the others' clocks stand against this worker's, in seconds. */
static const struct {
    int64_t broker_s, papercups_s;
    enum clocks_verdict verdict;
} cases[] = {
    {0, 0, CLOCKS_AGREE},
    {9, -9, CLOCKS_UNCLEAR},
    {NOT_KNOWN, NOT_KNOWN, CLOCKS_AGREE},
    {5, NOT_KNOWN, CLOCKS_AGREE},
    {3600, 3600, CLOCKS_WORKER},
    {-3600, -3595, CLOCKS_WORKER},
    {3600, 0, CLOCKS_BROKER},
    {3600, 5, CLOCKS_BROKER},
    {0, -20, CLOCKS_PAPERCUPS},
    {3600, 7200, CLOCKS_UNCLEAR},
    {3600, -3600, CLOCKS_UNCLEAR},
    {3600, NOT_KNOWN, CLOCKS_UNCLEAR},
    {NOT_KNOWN, 20, CLOCKS_UNCLEAR},
    {8, 16, CLOCKS_UNCLEAR}, /* of the two that are apart either may be wrong */
};

static struct remote_clock clock_ahead_by(int64_t s, struct moment now)
{
    struct remote_clock clock = {0};
    if (s != NOT_KNOWN)
        remote_clock_hear(&clock, (struct wall){now.wall.ms + s * 1000}, 1, now.mono, now.mono);
    return clock;
}

static void the_clock_that_stands_apart_from_two_that_agree_is_wrong(void **state)
{
    (void)state;
    const struct moment now = {{1000}, {1700000000000}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct remote_clock broker = clock_ahead_by(cases[i].broker_s, now);
        struct remote_clock papercups = clock_ahead_by(cases[i].papercups_s, now);
        if (clocks_judge(&broker, &papercups, now) != cases[i].verdict)
            fail_msg("case %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_that_stands_apart_from_two_that_agree_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
