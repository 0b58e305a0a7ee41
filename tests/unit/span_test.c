#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/span.h"

static void expect_span(struct span s, const char *text)
{
    assert_int_equal(s.size, strlen(text));
    assert_memory_equal(s.data, text, s.size);
}

static void spans_are_equal_by_their_bytes(void **state)
{
    (void)state;
    assert_true(span_equal(SPAN("ab"), span_of("ab")));
    assert_true(span_equal(SPAN_NONE, SPAN("")));
    assert_true(span_equal(SPAN("a\0b"), SPAN("a\0b")));
    assert_false(span_equal(SPAN("a\0b"), SPAN("a\0c")));
    assert_false(span_equal(SPAN("ab"), SPAN("abc")));
    assert_int_equal(span_of(NULL).size, 0);
}

static void a_span_starts_with_its_prefixes_and_no_others(void **state)
{
    (void)state;
    assert_true(span_starts(SPAN("v1a,x"), SPAN("v1a,")));
    assert_true(span_starts(SPAN("v1"), SPAN("v1")));
    assert_true(span_starts(SPAN_NONE, SPAN("")));
    assert_false(span_starts(SPAN("v1"), SPAN("v1,")));
    assert_false(span_starts(SPAN("v2,x"), SPAN("v1,")));
}

static void white_space_is_trimmed_at_the_end_only(void **state)
{
    (void)state;
    expect_span(span_trim_end(SPAN(" a b \t\r\n ")), " a b");
    expect_span(span_trim_end(SPAN(" \n")), "");
    assert_int_equal(span_trim_end(SPAN("a\0")).size, 2);
    assert_int_equal(span_trim_end(SPAN_NONE).size, 0);
}

static void cutting_gives_every_piece_and_then_nothing(void **state)
{
    (void)state;
    struct span rest = SPAN("a  b ");
    const char *const pieces[] = {"a", "", "b", ""};
    for (size_t i = 0; i < 4; i++) {
        assert_non_null(rest.data);
        expect_span(span_cut(&rest, ' '), pieces[i]);
    }
    assert_null(rest.data);
    assert_int_equal(span_cut(&rest, ' ').size, 0);
}

static void a_span_of_allowed_characters_holds_no_other_and_no_nul(void **state)
{
    (void)state;
    assert_true(span_only(SPAN("abba"), "ab"));
    assert_true(span_only(SPAN_NONE, "ab"));
    assert_false(span_only(SPAN("abc"), "ab"));
    assert_false(span_only(SPAN("a\0"), "ab"));
    assert_false(span_only(SPAN("\xff"), "ab"));
}

static void a_number_is_digits_and_nothing_else_and_no_more_of_them_than_allowed(void **state)
{
    (void)state;
    int64_t number = -7;
    static const char *const none[] = {"", "-1", "+1", " 1", "1 ", "0x1", "1234", "12a"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_false(span_number(span_of(none[i]), 3, &number));
    assert_false(span_number(SPAN_NONE, 3, &number));
    assert_false(span_number(SPAN("1\0"), 3, &number));
    assert_int_equal(number, -7);
    assert_true(span_number(SPAN("007"), 3, &number));
    assert_int_equal(number, 7);
    assert_true(span_number(SPAN("999999999999999999"), 18, &number));
    assert_int_equal(number, 999999999999999999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_equal_by_their_bytes),
        cmocka_unit_test(a_span_starts_with_its_prefixes_and_no_others),
        cmocka_unit_test(white_space_is_trimmed_at_the_end_only),
        cmocka_unit_test(cutting_gives_every_piece_and_then_nothing),
        cmocka_unit_test(a_span_of_allowed_characters_holds_no_other_and_no_nul),
        cmocka_unit_test(a_number_is_digits_and_nothing_else_and_no_more_of_them_than_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
