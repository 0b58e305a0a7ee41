#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/progress.h"

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const struct progress all[] = {
        {0, 0, 0}, {1, 2, 3}, {999999999999999999, 999999999999999999, 999999999999999999}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        char text[PROGRESS_TEXT_MAX];
        struct progress read;
        progress_write(&all[i], text);
        assert_true(progress_read(span_of(text), &read));
        assert_memory_equal(&read, &all[i], sizeof(read));
    }
    char text[PROGRESS_TEXT_MAX];
    progress_write(&all[1], text);
    assert_string_equal(text, "v1 reach=1 receipts=2 admitted=3");
    /* The longest that can be written fits. */
    progress_write(&(struct progress){INT64_MIN, INT64_MIN, INT64_MIN}, text);
    assert_int_equal(strlen(text), 89);
}

static void anything_else_says_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "v1",
        "v1 ",
        "v2 reach=1 receipts=2 admitted=3",
        "V1 reach=1 receipts=2 admitted=3",
        "v1 reach=1 receipts=2",
        "v1 receipts=2 reach=1 admitted=3",
        "v1 reach=1 receipts=2 admitted=3 ",
        "v1 reach=1 receipts=2 admitted=3 more=4",
        "v1  reach=1 receipts=2 admitted=3",
        "v1 reach= receipts=2 admitted=3",
        "v1 reach=-1 receipts=2 admitted=3",
        "v1 reach=+1 receipts=2 admitted=3",
        "v1 reach=1x receipts=2 admitted=3",
        "v1 reach=1 receipts=2 admitted=9999999999999999999",
        "v1 reach=1\treceipts=2\tadmitted=3",
    };
    struct progress read;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(progress_read(span_of(bad[i]), &read));
    assert_false(progress_read(SPAN_NONE, &read));
    assert_false(progress_read((struct span){"v1 reach=1 receipts=2 admitted=3\0", 33}, &read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(anything_else_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
