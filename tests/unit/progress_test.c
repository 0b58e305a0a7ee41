#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "progress/progress.h"

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const struct progress all[] = {
        {.has_secret = true},
        {1, 2, 3, true, true, false, 4, 5, 6, 0, 0, {7, 8}, false},
        {1, 2, 3, true, true, true, 4, 7, 8, 5, 6, {0, 0}, false},
        {1, 2, 3, true, false, false, 4, 0, 0, 0, 0, {7, 0}, true},
        {999999999999999999, 999999999999999999, 999999999999999999, true, true, true, UINT64_MAX,
         999999999999999999, UINT32_MAX, 999999999999999999, UINT32_MAX, {UINT64_MAX, UINT64_MAX}, false}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        char text[PROGRESS_TEXT_MAX];
        struct progress read;
        progress_write(&all[i], text);
        assert_true(progress_read(span_of(text), &read));
        assert_int_equal(read.reach, all[i].reach);
        assert_int_equal(read.receipts, all[i].receipts);
        assert_int_equal(read.admitted_ms, all[i].admitted_ms);
        assert_true(read.has_secret && read.secret == all[i].secret);
        assert_true(read.has_last == all[i].has_last);
        assert_true(read.last == all[i].last && read.last_stamp == all[i].last_stamp);
        assert_true(read.has_seen == all[i].has_seen && read.inside == all[i].inside);
        assert_true(read.seen == all[i].seen && read.seen_stamp == all[i].seen_stamp);
        assert_true(read.by.name == all[i].by.name && read.by.holder == all[i].by.holder);
    }
    char text[PROGRESS_TEXT_MAX];
    progress_write(&all[1], text);
    assert_string_equal(text, "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 "
                              "by=00000000000000070000000000000008 last=5 stamp=6");
    progress_write(&all[2], text);
    assert_string_equal(text, "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 last=7 stamp=8 seen=5 seen_stamp=6");
    progress_write(&all[3], text);
    assert_string_equal(text, "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 "
                              "by=00000000000000070000000000000000 inside=1");
    progress_write(&all[0], text);
    assert_string_equal(text, "v2 reach=0 receipts=0 admitted=0 secret=0000000000000000");
    /* The longest that can be written fits. */
    progress_write(&(struct progress){INT64_MIN, INT64_MIN, INT64_MIN, true, true, true, 0, INT64_MIN,
                                      UINT32_MAX, INT64_MIN, UINT32_MAX, {1, 0}, false},
                   text);
    assert_int_equal(strlen(text), 240);
}

static void what_workers_wrote_before_v2_is_read(void **state)
{
    (void)state;
    struct progress read;
    assert_true(progress_read(SPAN("v1 reach=1 receipts=2 admitted=3"), &read));
    assert_true(read.reach == 1 && read.receipts == 2 && read.admitted_ms == 3);
    assert_false(read.has_secret || read.has_last);
}

static void anything_else_says_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "v1",
        "v1 ",
        "v3 reach=1 receipts=2 admitted=3 secret=0000000000000004",
        "v2 reach=1 receipts=2 admitted=3",
        "v2 reach=1 receipts=2 admitted=3 secret=",
        "v2 reach=1 receipts=2 admitted=3 secret=000000000000000g",
        "v2 reach=1 receipts=2 admitted=3 secret=00000000000000004",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 ",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 by=",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 by=0000000000000007000000000000000",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 by=00000000000000000000000000000008",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 last=5 stamp=6 by=00000000000000070000000000000008",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 last=5",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 last=5 stamp=0",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 last=5 stamp=4294967296",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 last=5 stamp=6 more=7",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 last=5 stamp=6 seen=4",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 last=5 stamp=6 seen=4 seen_stamp=3 more=7",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 inside=0",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 inside=1 last=5 stamp=6",
        "v2 reach=1 receipts=2 admitted=3 secret=0000000000000004 by=0007 last=5 stamp=6",
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
        cmocka_unit_test(what_workers_wrote_before_v2_is_read),
        cmocka_unit_test(anything_else_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
