#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/utf8.h"
#include "unit/tables/table.h"

/* The first code point of s, read from memory that ends where s does, and how far that went. */
static int32_t first_of(struct span s, size_t *moved)
{
    char *copy = table_exact(s);
    *moved = 0;
    int32_t point = utf8_next((struct span){copy, s.size}, moved);
    free(copy);
    return point;
}

static size_t point_write(int32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const int lead[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(lead[more] | point);
    return more + 1;
}

static void every_code_point_is_read_back_and_no_surrogate_is(void **state)
{
    (void)state;
    for (int32_t point = 0; point <= 0x10ffff; point += point < 0x11000 ? 1 : 61) {
        char text[4];
        size_t size = point_write(point, text), at = 0;
        bool surrogate = point >= 0xd800 && point <= 0xdfff;
        int32_t read = utf8_next((struct span){text, size}, &at);
        if (read != (surrogate ? -1 : point) || at != (surrogate ? 1 : size))
            fail_msg("U+%04X", (unsigned)point);
    }
}

static void bytes_that_are_not_utf8_move_one_byte(void **state)
{
    (void)state;
    const struct span wrong[] = {
        SPAN("\x80"),
        SPAN("\xbf"),
        SPAN("\xc0\x80"),
        SPAN("\xc1\xbf"), /* overlong */
        SPAN("\xe0\x9f\xbf"),
        SPAN("\xf0\x8f\xbf\xbf"),
        SPAN("\xf4\x90\x80\x80"), /* beyond U+10FFFF */
        SPAN("\xf5\x80\x80"),
        SPAN("\xff"),
        SPAN("\xc3"), /* cut short */
        SPAN("\xe2\x82"),
        SPAN("\xf0\x9f\x98"),
        SPAN("\xc3("),
        SPAN("\xe2\x28\xa1"),
        SPAN("\xf0\x9f\x98\x28"),
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        size_t moved;
        assert_int_equal(first_of(wrong[i], &moved), -1);
        assert_int_equal(moved, 1);
    }
}

static void a_length_counts_code_points_and_stray_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_length(SPAN_NONE), 0);
    assert_int_equal(utf8_length(SPAN("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
    assert_int_equal(utf8_length(SPAN("\xff\xe2\x82z")), 4);
}

static void only_a_halved_code_point_is_taken_off_the_end(void **state)
{
    (void)state;
    const struct {
        struct span text;
        size_t whole;
    } rows[] = {
        {SPAN_NONE, 0},
        {SPAN("a"), 1},
        {SPAN("a\xc3\xa4"), 3},
        {SPAN("a\xc3"), 1},
        {SPAN("a\xe2\x82\xac"), 4},
        {SPAN("a\xe2\x82"), 1},
        {SPAN("a\xe2"), 1},
        {SPAN("a\xf0\x9f\x98\x80"), 5},
        {SPAN("a\xf0\x9f\x98"), 1},
        {SPAN("\xf0\x9f"), 0},
        {SPAN("\xf0"), 0},
        {SPAN("\x80\x80"), 2}, /* never was UTF-8 */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *copy = table_exact(rows[i].text);
        assert_int_equal(utf8_whole((struct span){copy, rows[i].text.size}), rows[i].whole);
        free(copy);
    }
}

static void what_cannot_be_seen_is_invisible_and_letters_are_not(void **state)
{
    (void)state;
    const int32_t hidden[] = {0,      0x1f,   0x7f,    0x85,    0x9f,    0xad,   0x34f,  0x61c,
                              0x115f, 0x180e, 0x200b,  0x200d,  0x200f,  0x2028, 0x202e, 0x2060,
                              0x2066, 0x2069, 0x206f,  0x3164,  0xfe00,  0xfe0f, 0xfeff, 0xffa0,
                              0xfff9, 0xfffb, 0x1d173, 0xe0001, 0xe0061, 0xe0fff};
    const int32_t seen[] = {' ',    '~',    0xa0,   0xa1,   0x350,  0x61b,  0x200a,  0x2010,  0x2027,
                            0x202f, 0x205f, 0x2070, 0x3000, 0xfe10, 0xfffd, 0x1f600, 0xdffff, 0xe1000};
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (!utf8_invisible(hidden[i]))
            fail_msg("U+%04X can be seen", (unsigned)hidden[i]);
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
        if (utf8_invisible(seen[i]))
            fail_msg("U+%04X cannot be seen", (unsigned)seen[i]);
    assert_false(utf8_invisible(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_read_back_and_no_surrogate_is),
        cmocka_unit_test(bytes_that_are_not_utf8_move_one_byte),
        cmocka_unit_test(a_length_counts_code_points_and_stray_bytes),
        cmocka_unit_test(only_a_halved_code_point_is_taken_off_the_end),
        cmocka_unit_test(what_cannot_be_seen_is_invisible_and_letters_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
