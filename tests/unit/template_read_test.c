#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "template/template.h"
#include "unit/tables/table.h"

static int read_exact(struct span json, struct template **out, struct err *err)
{
    char *copy = table_exact(json);
    int result = template_read((struct span){copy, json.size}, out, err);
    free(copy); /* the message must not point into it */
    return result;
}

static void every_mistake_in_a_file_is_told_with_its_member(void **state)
{
    (void)state;
    struct table table;
    struct buf around, json;
    buf_init(&around, TABLE_LINE_MAX);
    buf_init(&json, TABLE_LINE_MAX);
    table_init(&table, TESTS_DIR "/unit/tables/template_files.txt");
    while (table_next(&table)) {
        struct span cell = table.cells[0];
        if (span_starts(cell, SPAN("= "))) {
            buf_clear(&around);
            buf_add_span(&around, span_skip(cell, 2));
            continue;
        }
        struct span rest = buf_span(&around);
        struct err err = {.text = "ok"};
        struct template *template;
        buf_clear(&json);
        buf_add_span(&json, span_cut(&rest, '$'));
        buf_add_span(&json, cell);
        buf_add_span(&json, rest);
        int result = read_exact(buf_span(&json), &template, &err);
        if (!span_equal(table.cells[1], span_of(err.text)))
            table_wrong(&table, "it is: %s", err.text);
        if (!table_place_fits(err.text, span_of(err.place)))
            table_wrong(&table, "its place is: '%s'", err.place);
        if ((result == 0) != (err.code == ERR_NONE) || (result == 0) != (template != NULL) ||
            (result != 0 && err.code != ERR_USAGE))
            table_wrong(&table, "result, message and error disagree");
        template_free(template);
    }
    table_done(&table);
    buf_done(&around);
    buf_done(&json);
}

static void no_more_than_32_placeholders_are_read(void **state)
{
    (void)state;
    struct template *template;
    struct err err;
    for (int count = TEMPLATE_PLACEHOLDERS_MAX; count <= TEMPLATE_PLACEHOLDERS_MAX + 1; count++) {
        struct buf json;
        buf_init(&json, 10000);
        buf_add_text(&json, "{\"body\":\"");
        for (int i = 0; i < count; i++)
            buf_printf(&json, "{{b%d}}", i);
        buf_add_text(&json, "\",\"blanks\":{");
        for (int i = 0; i < count; i++)
            buf_printf(&json, "%s\"b%d\":{\"type\":\"number\"}", i == 0 ? "" : ",", i);
        buf_add_text(&json, "}}");
        assert_int_equal(read_exact(buf_span(&json), &template, &err),
                         count == TEMPLATE_PLACEHOLDERS_MAX ? 0 : -1);
        template_free(template);
        buf_done(&json);
    }
    assert_string_equal(err.text,
                        "blanks: expected an object of at most 32, such as {\"name\": {\"type\": \"text\"}}");
    assert_int_equal(template_read(SPAN("["), &template, NULL), -1);
}

static void names_are_small_letters_digits_and_hyphens(void **state)
{
    (void)state;
    const char *const good[] = {"a", "need-help", "0", "-",
                                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    const char *const bad[] = {"",
                               "A",
                               "a_b",
                               "a.b",
                               "../a",
                               "a/b",
                               "a b",
                               ".",
                               "\xc3\xa4",
                               "a\n",
                               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(template_name_is_valid(span_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(template_name_is_valid(span_of(bad[i])));
    assert_false(template_name_is_valid((struct span){"a\0b", 3}));
}

static void a_link_host_is_a_host_and_nothing_around_it(void **state)
{
    (void)state;
    const char *const good[] = {"shop.example", ".shop.example", "localhost", "shop.example:8443",
                                "10.0.0.1"};
    const char *const bad[] = {"",
                               ".",
                               "https://shop.example",
                               "shop.example/",
                               "*.shop.example",
                               "a..b",
                               "a:",
                               "a:0",
                               "a:65536",
                               "a b",
                               "a@b",
                               "..a",
                               "a."};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(template_link_host_is_valid(span_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(template_link_host_is_valid(span_of(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_in_a_file_is_told_with_its_member),
        cmocka_unit_test(no_more_than_32_placeholders_are_read),
        cmocka_unit_test(names_are_small_letters_digits_and_hyphens),
        cmocka_unit_test(a_link_host_is_a_host_and_nothing_around_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
