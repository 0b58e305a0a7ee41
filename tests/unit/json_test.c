#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/json.h"
#include "unit/tables/table.h"

static json_t *read_exact(struct span text, size_t max_depth, struct err *err)
{
    char *copy = table_exact(text);
    json_t *value = json_read((struct span){copy, text.size}, max_depth, err);
    free(copy);
    return value;
}

static void json_that_is_not_strict_is_refused(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, TESTS_DIR "/unit/tables/json.txt");
    while (table_next(&table)) {
        struct err err = {0};
        json_t *value = read_exact(table.cells[0], 16, &err);
        if (value == NULL && err.code != ERR_NO)
            table_wrong(&table, "no error was set");
        if (!span_equal(table.cells[1], span_of(value == NULL ? err.text : "ok")))
            table_wrong(&table, "it is: %s", value == NULL ? err.text : "ok");
        json_decref(value);
    }
    table_done(&table);
    assert_null(json_read(SPAN_NONE, 16, NULL));
}

static void values_are_counted_before_any_is_read(void **state)
{
    (void)state;
    const char *const texts[] = {"[{},[],1]", "{\"a\":1,\"b\":\"x,y{[\",\"c\":2}", "[[],[],3]"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct err err;
        json_t *value = json_read_few(span_of(texts[i]), 16, 6, NULL);
        assert_non_null(value);
        json_decref(value);
        assert_null(json_read_few(span_of(texts[i]), 16, 3, &err));
        assert_string_equal(err.text, "JSON of more than 3 values");
    }
}

static void depth_counts_brackets_outside_of_strings(void **state)
{
    (void)state;
    const struct {
        const char *text;
        size_t depth;
    } rows[] = {
        {"[]", 1},
        {"{\"a\":[{}]}", 3},
        {"[[],[],[[]]]", 3},
        {"[\"[[[[\",[]]", 2},
        {"[\"\\\"[[[[\",[]]", 2},
        {"[\"\\\\\",[[]]]", 3},
        {"{\"[{\":{}}", 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err;
        json_t *value = read_exact(span_of(rows[i].text), rows[i].depth, NULL);
        assert_non_null(value);
        json_decref(value);
        assert_null(read_exact(span_of(rows[i].text), rows[i].depth - 1, &err));
        assert_memory_equal(err.text, "JSON is nested deeper than ", 27);
    }
}

/* A million brackets: refused before the parser, which calls itself for each, sees them. */
static void very_deep_json_does_not_reach_the_parser(void **state)
{
    (void)state;
    char *deep = malloc(1000000);
    memset(deep, '[', 1000000);
    struct err err;
    assert_null(json_read((struct span){deep, 1000000}, 16, &err));
    assert_string_equal(err.text, "JSON is nested deeper than 16");
    free(deep);
}

static void written(const char *text, size_t limit, struct buf *out)
{
    json_t *value = read_exact(span_of(text), 16, NULL);
    assert_non_null(value);
    buf_init(out, limit);
    buf_add_text(out, "x=");
    json_write(out, value);
    json_decref(value);
}

static void numbers_keep_their_value(void **state)
{
    (void)state;
    const struct {
        const char *text, *written;
    } rows[] = {
        {"[1.1]", "x=[1.1]"},
        {"[1e300]", "x=[1e300]"},
        {"[1.7976931348623157e308]", "x=[1.7976931348623157e308]"},
        {"[5e-324]", "x=[4.94065645841247e-324]"},
        {"[0.30000000000000004]", "x=[0.30000000000000004]"},
        {"[-0.0, 0.0, 100.0]", "x=[-0.0,0.0,100.0]"},
        {"[1.0, 1]", "x=[1.0,1]"},
        {"[9223372036854775807, -9223372036854775808]", "x=[9223372036854775807,-9223372036854775808]"},
        {"[9007199254740993]", "x=[9007199254740993]"},
        {"{ \"a\" : { \"b\" : [ 1.5 , true , null ] } }", "x={\"a\":{\"b\":[1.5,true,null]}}"},
        /* One that needs 17 digits gives all of them 17: the same numbers, only longer. */
        {"[1.1, 0.30000000000000004]", "x=[1.1000000000000001,0.30000000000000004]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out;
        written(rows[i].text, 1000, &out);
        assert_false(out.failed);
        assert_int_equal(out.size, strlen(rows[i].written));
        assert_string_equal(out.data, rows[i].written);
        json_t *before = json_loads(rows[i].text, 0, NULL), *after = json_loads(out.data + 2, 0, NULL);
        assert_true(json_equal(before, after));
        json_decref(before);
        json_decref(after);
        buf_done(&out);
    }
}

static void what_does_not_fit_is_told_by_the_buffer(void **state)
{
    (void)state;
    struct buf out;
    written("[\"abc\"]", 9, &out);
    assert_false(out.failed);
    buf_done(&out);
    written("[\"abc\"]", 8, &out);
    assert_true(out.failed);
    buf_done(&out);
    /* It fits with 15 digits, and not with the 17 that it needs. */
    written("[0.30000000000000004]", 10, &out);
    assert_true(out.failed);
    buf_done(&out);
}

static void a_string_is_written_with_what_json_wants_escaped(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 100);
    json_write_string(&out, SPAN("a\"\\/\n\x1f\0\x7f\xc3\xa4\xf0\x9f\x98\x80"));
    assert_string_equal(out.data, "\"a\\\"\\\\/\\u000a\\u001f\\u0000\x7f\xc3\xa4\xf0\x9f\x98\x80\"");
    buf_clear(&out);
    json_write_string(&out, SPAN_NONE);
    assert_string_equal(out.data, "\"\"");
    buf_done(&out);
    buf_init(&out, 4);
    json_write_string(&out, SPAN("abc"));
    assert_true(out.failed);
    buf_done(&out);
}

static void every_byte_that_is_not_utf8_becomes_a_replacement_character(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 100);
    json_write_string(&out, SPAN("a\xff\xe2\x82z\xed\xa0\x80\xc3"));
#define R "\xef\xbf\xbd"
    assert_string_equal(out.data, "\"a" R R R "z" R R R R "\"");
    for (int first = 0; first < 256; first++) {
        char bytes[2] = {(char)first, (char)(first * 7)};
        buf_clear(&out);
        json_write_string(&out, (struct span){bytes, 2});
        json_t *read = json_loadb(out.data, out.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(read);
        json_decref(read);
    }
    buf_done(&out);
}

/* A byte is put or changed at every place of a document; whatever the parser says, it quotes none of its strings. */
static void errors_quote_nothing_of_the_input(void **state)
{
    (void)state;
    const char document[] = "{\"hidden\":\"hidden\",\"n\":[1,\"hidden \\u00e9 hidden\",{\"a\":\"hidden\"}]}";
    const char bytes[] = "\"\\{}[]:,1a\n\xff\xc3\x01";
    for (size_t at = 0; at < sizeof(document) - 1; at++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            char changed[sizeof(document)];
            struct err err = {0};
            memcpy(changed, document, sizeof(document));
            changed[at] = bytes[i];
            json_t *value = read_exact((struct span){changed, sizeof(document) - 1}, 16, &err);
            if (value == NULL && strstr(err.text, "hidden") != NULL)
                fail_msg("it quotes: %s", err.text);
            json_decref(value);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_that_is_not_strict_is_refused),
        cmocka_unit_test(values_are_counted_before_any_is_read),
        cmocka_unit_test(depth_counts_brackets_outside_of_strings),
        cmocka_unit_test(very_deep_json_does_not_reach_the_parser),
        cmocka_unit_test(numbers_keep_their_value),
        cmocka_unit_test(what_does_not_fit_is_told_by_the_buffer),
        cmocka_unit_test(a_string_is_written_with_what_json_wants_escaped),
        cmocka_unit_test(every_byte_that_is_not_utf8_becomes_a_replacement_character),
        cmocka_unit_test(errors_quote_nothing_of_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
