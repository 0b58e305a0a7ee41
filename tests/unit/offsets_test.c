#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "engine/offsets.h"

static void the_watermark_rises_over_what_is_settled_in_any_order(void **state)
{
    (void)state;
    struct offsets offsets;
    offsets_init(&offsets, 10);
    for (int64_t at = 10; at < 14; at++)
        assert_true(offsets_read(&offsets, at));
    offsets_settle(&offsets, 12);
    offsets_settle(&offsets, 11);
    assert_int_equal(offsets.low, 10);
    assert_int_equal(offsets.beyond, 2);
    offsets_settle(&offsets, 10);
    assert_int_equal(offsets.low, 13);
    assert_int_equal(offsets.beyond, 0);
    assert_int_equal(offsets_span(&offsets), 1);
    offsets_settle(&offsets, 13);
    assert_int_equal(offsets.low, 14);
    offsets_done(&offsets);
}

static void what_was_read_before_is_told(void **state)
{
    (void)state;
    struct offsets offsets;
    offsets_init(&offsets, 10);
    assert_false(offsets_read(&offsets, 9));
    assert_true(offsets_read(&offsets, 10));
    assert_false(offsets_read(&offsets, 10));
    assert_true(offsets_read(&offsets, 15));
    assert_false(offsets_read(&offsets, 12));
    offsets_done(&offsets);
}

static void a_gap_counts_as_settled(void **state)
{
    (void)state;
    struct offsets offsets;
    offsets_init(&offsets, 0);
    assert_true(offsets_read(&offsets, 1000));
    assert_int_equal(offsets.low, 1000);
    assert_true(offsets_read(&offsets, 5000));
    assert_int_equal(offsets.low, 1000);
    assert_int_equal(offsets.beyond, 3999);
    offsets_settle(&offsets, 1000);
    assert_int_equal(offsets.low, 5000);
    assert_int_equal(offsets.beyond, 0);
    offsets_settle(&offsets, 5000);
    assert_int_equal(offsets.low, 5001);
    offsets_done(&offsets);
}

/* Against a plain array, with a ring that grows, wraps and is used over and over. */
static void it_agrees_with_a_plain_array_of_flags(void **state)
{
    (void)state;
    enum { END = 20000 };
    static bool settled[END], open[END];
    struct rng rng = {1};
    struct offsets offsets;
    offsets_init(&offsets, 0);
    int64_t next = 0, low = 0;
    while (next < END - 100) {
        if (rng_below(&rng, 100) < (next / 2000 % 2 == 0 ? 55 : 45)) {
            int64_t at = next + (rng_below(&rng, 10) == 0 ? rng_below(&rng, 90) : 0);
            for (; next < at; next++)
                settled[next] = true;
            open[at] = true;
            next = at + 1;
            assert_true(offsets_read(&offsets, at));
        } else if (low < next) {
            int64_t at = low + rng_below(&rng, next - low);
            if (open[at]) {
                open[at] = false;
                settled[at] = true;
                offsets_settle(&offsets, at);
            }
        }
        while (low < next && settled[low])
            low++;
        /* Where nothing is open, a gap at the head is known only with the record behind it. */
        assert_int_equal(offsets.low, low);
        assert_int_equal(offsets.next, next);
    }
    offsets_done(&offsets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_watermark_rises_over_what_is_settled_in_any_order),
        cmocka_unit_test(what_was_read_before_is_told),
        cmocka_unit_test(a_gap_counts_as_settled),
        cmocka_unit_test(it_agrees_with_a_plain_array_of_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
