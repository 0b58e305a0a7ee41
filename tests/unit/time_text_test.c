#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time_text.h"

static void times_are_read_and_written_alike(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},          {"2000-02-29T12:34:56Z", 951827696},
        {"2026-01-01T00:00:00Z", 1767225600}, {"2038-01-19T03:14:08Z", 2147483648},
        {"2106-02-07T06:28:16Z", 4294967296}, {"9999-12-31T23:59:59Z", 253402300799},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = -1;
        char text[21];
        assert_true(time_text_read(span_of(rows[i].text), &ms));
        assert_int_equal(ms, rows[i].seconds * 1000);
        time_text_write(text, ms + 999);
        assert_string_equal(text, rows[i].text);
    }
}

static void what_is_not_such_a_time_is_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00z",
        "2026-01-01t00:00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00.5Z",
        "2026-01-01T00:00:00Z ",
        " 2026-01-1T00:00:00Z",
        " 026-01-01T00:00:00Z",
        "+026-01-01T00:00:00Z",
        "0026-01-01T00:00:00Z",
        "2026-1-01T00:00:000Z",
        "2026-02-29T00:00:00Z", /* no such day */
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-12-31T23:59:60Z", /* a leap second */
        "2026-01-01T 0:00:00Z",
    };
    int64_t ms;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (time_text_read(span_of(wrong[i]), &ms))
            fail_msg("\"%s\" was read", wrong[i]);
    assert_false(time_text_read(SPAN("2026-01-01T00:00:00\0"), &ms));
    assert_false(time_text_read(SPAN_NONE, &ms));
}

static void a_time_that_does_not_fit_is_written_as_the_nearest(void **state)
{
    (void)state;
    char text[21];
    time_text_write(text, INT64_MAX);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    time_text_write(text, 253402300800000);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    time_text_write(text, -1);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    time_text_write(text, INT64_MIN);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_and_written_alike),
        cmocka_unit_test(what_is_not_such_a_time_is_refused),
        cmocka_unit_test(a_time_that_does_not_fit_is_written_as_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
