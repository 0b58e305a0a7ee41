/* The lines of `cupbearer tail`: whom a receipt is for, and what of it has room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/utf8.h"
#include "cmd/tail/choice.h"
#include "cmd/tail/line.h"

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

static struct receipt receipt_of(int64_t finished_at_ms)
{
    return (struct receipt){.outcome = OUTCOME_GAVE_UP,
                            .event_id = SPAN("evt_1"),
                            .account = SPAN("globex-international"),
                            .detail = SPAN("500 for an hour, and then another hour, and then the deadline"),
                            .finished_at_ms = finished_at_ms};
}

static void expect(const struct receipt *receipt, const char *key, size_t width, const char *line)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    line_print(out, receipt, span_of(key), width, NOW_MS);
    fclose(out);
    assert_string_equal(text, line);
    assert_true(width == 0 || utf8_length((struct span){text, size - 1}) < width);
    free(text);
}

static void test_a_line_is_shorter_than_the_terminal_is_wide(void **state)
{
    (void)state;
    struct receipt receipt = receipt_of(NOW_MS + 1000);
    const char *key = "globex-international/e/user_0123456789";
    expect(&receipt, key, 80, "00:00:01 failed    globex-i… user_0123456… evt_1                gave_up: 500 f…\n");
    expect(&receipt, key, 100,
           "00:00:01 failed    globex-i… user_0123456789         evt_1                gave_up: 500 for an hour…\n");
    expect(&receipt, key, 21, "00:00:01 failed    …\n");
    expect(&receipt, key, 20, "00:00:01 failed    \n");
    expect(&receipt, key, 5, "00:…\n");
    expect(&receipt, key, 1, "\n");
    expect(&receipt, key, 0,
           "2026-01-01T00:00:01Z failed    globex-international user_0123456789 evt_1                gave_up: 500 for an hour, "
           "and then another hour, and then the deadline\n");
}

static void test_another_day_is_told(void **state)
{
    (void)state;
    struct receipt receipt = receipt_of(NOW_MS - 1000);
    expect(&receipt, "a/c/b", 80, "2025-12-31T23:59:59Z failed    globex-i… b             evt_1                ga…\n");
}

static void test_what_is_not_known_is_a_dash(void **state)
{
    (void)state;
    struct receipt receipt = {.outcome = OUTCOME_MALFORMED_HEADERS, .finished_at_ms = NOW_MS};
    expect(&receipt, NULL, 0,
           "2026-01-01T00:00:00Z rejected  -         -             -                    malformed_headers: a required header is "
           "missing, repeated, too long, or not in its form\n");
}

static void test_a_recipient_is_what_stands_behind_the_account(void **state)
{
    (void)state;
    static const char *const keys[][2] = {
        {"acme/e/ann", "ann"}, {"acme/c/4711", "4711"}, {"acme/v/4711", "4711"}, {"acme/e/a/b", "a/b"},
        {"acme/x/ann", "acme/x/ann"}, {"acme/e/", "acme/e/"}, {"acme//ann", "acme//ann"}, {"ann", "ann"}, {"", ""},
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_true(span_equal(choice_recipient(span_of(keys[i][0])), span_of(keys[i][1])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_shorter_than_the_terminal_is_wide),
        cmocka_unit_test(test_another_day_is_told),
        cmocka_unit_test(test_what_is_not_known_is_a_dash),
        cmocka_unit_test(test_a_recipient_is_what_stands_behind_the_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
