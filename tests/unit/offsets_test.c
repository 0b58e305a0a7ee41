#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "progress/offsets.h"

static void the_watermark_rises_over_what_is_settled_in_any_order(void **state)
{
    (void)state;
    struct offsets offsets;
    offsets_init(&offsets, 10);
    for (int64_t at = 10; at < 14; at++)
        assert_true(offsets_read(&offsets, at, 1));
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
    assert_false(offsets_read(&offsets, 9, 1));
    assert_true(offsets_read(&offsets, 10, 1));
    assert_false(offsets_read(&offsets, 10, 1));
    assert_true(offsets_read(&offsets, 15, 1));
    assert_false(offsets_read(&offsets, 12, 1));
    offsets_done(&offsets);
}

static void a_gap_counts_as_settled(void **state)
{
    (void)state;
    struct offsets offsets;
    offsets_init(&offsets, 0);
    assert_true(offsets_read(&offsets, 1000, 1));
    assert_int_equal(offsets.low, 1000);
    assert_true(offsets_read(&offsets, 5000, 1));
    assert_int_equal(offsets.low, 1000);
    assert_int_equal(offsets.beyond, 3999);
    offsets_settle(&offsets, 1000);
    assert_int_equal(offsets.low, 5000);
    assert_int_equal(offsets.beyond, 0);
    offsets_settle(&offsets, 5000);
    assert_int_equal(offsets.low, 5001);
    offsets_done(&offsets);
}

static void it_tells_which_record_is_the_last_below_the_watermark(void **state)
{
    (void)state;
    struct offsets offsets;
    offsets_init(&offsets, 10);
    assert_true(offsets.last < 0);
    /* As long as none is known nothing is committed beyond the start: nobody could tell whether the log is the same. */
    assert_true(offsets_read(&offsets, 12, 120));
    assert_int_equal(offsets.low, 12);
    assert_int_equal(offsets_settled(&offsets), 10);
    for (uint32_t at = 15; at < 400; at += 2) /* between them are gaps, and the ring grows */
        assert_true(offsets_read(&offsets, at, at * 10));
    offsets_settle(&offsets, 12);
    assert_int_equal(offsets.last, 12);
    assert_int_equal(offsets.last_stamp, 120);
    assert_int_equal(offsets_settled(&offsets), 13);
    offsets_settle(&offsets, 17);
    offsets_settle(&offsets, 15);
    assert_int_equal(offsets.last, 17);
    assert_int_equal(offsets.last_stamp, 170);
    assert_int_equal(offsets_settled(&offsets), 18);
    for (int64_t at = 19; at < 400; at += 2)
        offsets_settle(&offsets, at);
    assert_int_equal(offsets.last, 399);
    assert_int_equal(offsets.last_stamp, 3990);
    offsets_done(&offsets);
}

static void a_record_that_comes_once_more_is_told_from_another_at_its_offset(void **state)
{
    (void)state;
    struct offsets offsets;
    offsets_init(&offsets, 10);
    assert_true(offsets_read(&offsets, 10, 100));
    assert_true(offsets_read(&offsets, 12, 120));
    offsets_settle(&offsets, 10);
    assert_true(offsets_knows(&offsets, 10, 100)); /* the last below the watermark */
    assert_true(offsets_knows(&offsets, 12, 120));
    assert_false(offsets_knows(&offsets, 12, 121));
    assert_false(offsets_knows(&offsets, 11, 110)); /* there was none */
    assert_false(offsets_knows(&offsets, 9, 90));
    assert_int_equal(offsets_stamp((int64_t)5 << 32), 1); /* 0 is no record */
    assert_int_equal(offsets_stamp(((int64_t)5 << 32) + 7), 7);
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
            assert_true(offsets_read(&offsets, at, 1));
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
        cmocka_unit_test(it_tells_which_record_is_the_last_below_the_watermark),
        cmocka_unit_test(a_record_that_comes_once_more_is_told_from_another_at_its_offset),
        cmocka_unit_test(it_agrees_with_a_plain_array_of_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
