/* What commands print for people: the line that tells how far work has come, ages, text from elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cmd/age.h"
#include "cmd/escape.h"
#include "cmd/progress.h"

static void the_line_fits_a_terminal(void **state)
{
    (void)state;
    char line[PROGRESS_LINE];
    progress_line(line, "reading receipts", 0, 8);
    assert_string_equal(line, "reading receipts [>                       ]   0 %  0 of 8");
    progress_line(line, "reading receipts", 4, 8);
    assert_string_equal(line, "reading receipts [============>           ]  50 %  4 of 8");
    progress_line(line, "reading receipts", 9, 8); /* what came meanwhile */
    assert_string_equal(line, "reading receipts [========================] 100 %  9 of 8");
    progress_line(line, "reading receipts", 9, 0);
    assert_string_equal(line, "reading receipts: 9");
    assert_int_equal(progress_line(line, "a text that has far more letters than there is room", UINT64_MAX - 1, UINT64_MAX),
                     PROGRESS_LINE - 1);
}

static char *escaped(void (*print)(FILE *, struct span), struct span text)
{
    char *out;
    size_t size;
    FILE *file = open_memstream(&out, &size);
    print(file, text);
    fclose(file);
    return out;
}

static void json_cannot_drive_a_terminal(void **state)
{
    (void)state;
    /* ESC and CSI as C1, a bidirectional mark, a tag beyond the first plane, and what is none of these. */
    char *out = escaped(escape_print_json, SPAN("{\"a\":\"\x1b[2J\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81\xe6\x9d\xb1\xff\"}"));
    assert_string_equal(out, "{\"a\":\"\\u001b[2J\\u009b\\u202e\\udb40\\udc01\xe6\x9d\xb1\\ufffd\"}");
    free(out);
}

static void an_age_has_a_unit_that_people_use(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{0, "0 s"},          {119999, "119 s"},         {120000, "2 min"},          {7199999, "119 min"},
                {7200000, "2 h"},    {172799999, "47 h"},       {172800000, "2 days"},      {-120000, "2 min"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[AGE_TEXT];
        age_write(text, rows[i].ms);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_fits_a_terminal),
        cmocka_unit_test(json_cannot_drive_a_terminal),
        cmocka_unit_test(an_age_has_a_unit_that_people_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
