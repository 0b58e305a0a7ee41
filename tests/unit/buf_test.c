#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>

#include <wchar.h>

#include "base/buf.h"

static void a_buffer_holds_what_was_added_and_a_nul_behind_it(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_add_text(&b, "one ");
    buf_add_span(&b, SPAN("two "));
    buf_add(&b, NULL, 0);
    buf_add_span(&b, SPAN_NONE);
    buf_printf(&b, "%s %d", "three", 4);
    assert_false(b.failed);
    assert_int_equal(b.size, 15);
    assert_string_equal(b.data, "one two three 4");
    for (int i = 0; i < 197; i++)
        buf_add_text(&b, "12345");
    assert_false(b.failed);
    assert_int_equal(b.size, 1000);
    assert_int_equal(b.data[1000], 0);
    buf_done(&b);
}

static void a_buffer_of_every_size_has_room_for_the_nul(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 600; size++) {
        struct buf b;
        buf_init(&b, size);
        for (size_t i = 0; i < size; i++)
            buf_add_text(&b, "x");
        assert_false(b.failed);
        assert_true(b.size == size && b.capacity > size && b.data[size] == 0);
        buf_done(&b);
    }
}

static void a_buffer_takes_its_limit_and_not_a_byte_more(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4);
    buf_add_text(&b, "abcd");
    assert_false(b.failed);
    buf_add(&b, "", 0);
    assert_false(b.failed);
    buf_add_text(&b, "e");
    assert_true(b.failed);
    assert_string_equal(b.data, "abcd");
    buf_done(&b);
    buf_init(&b, 4);
    buf_printf(&b, "%d", 12345);
    assert_true(b.failed);
    assert_int_equal(b.size, 0);
    buf_done(&b);
}

static void a_write_past_the_limit_is_dropped_whole_and_so_are_those_after_it(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    buf_add_text(&b, "abc");
    buf_printf(&b, "%s", "defghi");
    assert_true(b.failed);
    buf_add_text(&b, "x");
    assert_string_equal(b.data, "abc");
    buf_add(&b, "x", SIZE_MAX);
    assert_int_equal(b.size, 3);
    buf_clear(&b);
    assert_false(b.failed);
    assert_string_equal(b.data, "");
    buf_add_text(&b, "x");
    assert_string_equal(b.data, "x");
    buf_done(&b);
}

static void a_text_that_printf_cannot_make_fails_the_buffer(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_printf(&b, "a%lc", (wint_t)0x7fffffff); /* no such character */
    assert_true(b.failed);
    buf_done(&b);
}

static void numbers_are_written_in_digits(void **state)
{
    (void)state;
    static const long long numbers[] = {0, 7, -7, 10, 1234567890123, LLONG_MAX, LLONG_MIN};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        char expected[32];
        struct buf b;
        buf_init(&b, 100);
        buf_add_decimal(&b, numbers[i]);
        snprintf(expected, sizeof(expected), "%lld", numbers[i]);
        assert_string_equal(b.data, expected);
        buf_done(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_holds_what_was_added_and_a_nul_behind_it),
        cmocka_unit_test(a_buffer_of_every_size_has_room_for_the_nul),
        cmocka_unit_test(a_buffer_takes_its_limit_and_not_a_byte_more),
        cmocka_unit_test(a_write_past_the_limit_is_dropped_whole_and_so_are_those_after_it),
        cmocka_unit_test(a_text_that_printf_cannot_make_fails_the_buffer),
        cmocka_unit_test(numbers_are_written_in_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
