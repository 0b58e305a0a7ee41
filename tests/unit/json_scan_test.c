#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "unit/json_both.h"
#include "unit/tables/table.h"

/* Both in copies that end where their memory ends. */
static bool is_json(struct span text)
{
    char *copy = table_exact(text);
    bool is = json_scan_takes((struct span){text.data == NULL ? NULL : copy, text.size});
    free(copy);
    return is;
}

static const char *disagreement(struct span text)
{
    char *copy = table_exact(text);
    const char *wrong = json_disagreement((struct span){copy, text.size});
    free(copy);
    return wrong;
}

static void it_takes_what_jansson_takes(void **state)
{
    (void)state;
    struct table table;
    table_init(&table, TESTS_DIR "/unit/tables/json.txt");
    while (table_next(&table)) {
        struct span text = table.cells[0];
        const char *wrong = disagreement(text);
        if (wrong != NULL)
            table_wrong(&table, "%s", wrong);
    }
    table_done(&table);
}

/* Every single byte of a text with everything in it, changed to everything that means something. */
static void it_refuses_what_jansson_refuses(void **state)
{
    (void)state;
    static const char whole[] = "{\"a\":[1,-2.5,3e4,0],\"b\\n\\u00e9\":{\"c\":null,\"d\":true},\"e\":[],"
                                "\"f\":{},\"g\":[false,\"\\\"x\"]} ";
    static const char bytes[] = "{}[]:,\"\\ 0-.eutfn\n\x01\x7f\xff";
    int refused = 0;
    for (size_t at = 0; at < sizeof(whole) - 1; at++)
        for (size_t i = 0; i < sizeof(bytes); i++) {
            char text[sizeof(whole)];
            memcpy(text, whole, sizeof(whole));
            text[at] = bytes[i];
            struct span span = {text, sizeof(whole) - 1};
            const char *wrong = disagreement(span);
            if (wrong != NULL)
                fail_msg("%s: %s", wrong, text);
            refused += !is_json(span);
        }
    assert_in_range(refused, 500, 1900);
    for (size_t size = 0; size < sizeof(whole) - 2; size++)
        assert_false(is_json((struct span){whole, size}));
    assert_true(is_json(span_of(whole)));
    assert_false(is_json(SPAN_NONE));
}

static void depth_is_bounded(void **state)
{
    (void)state;
    assert_true(is_json(SPAN("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]")));
    assert_false(is_json(SPAN("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]")));
    assert_false(is_json(SPAN("{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}")));
    assert_true(is_json(SPAN("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]],{\"a\":[[]]}]")));
}

static void members_are_walked_and_values_taken(void **state)
{
    (void)state;
    struct json_scan scan;
    struct span name, text = SPAN_NONE;
    size_t count = 0;
    json_scan_init(
        &scan, SPAN(" {\"a\" : \"x\" , \"b\":\"\\u0061\",\"c\":12.9,\"d\":1e3,\"\\u0061\":null,\"e\":-1}\n"),
        2);
    assert_false(json_scan_array(&scan));
    assert_true(json_scan_object(&scan));
    assert_true(json_scan_member(&scan, &name));
    assert_true(span_equal(name, SPAN("a")));
    assert_false(json_scan_null(&scan));
    assert_false(json_scan_count(&scan, &count));
    assert_true(json_scan_string(&scan, &text));
    assert_true(span_equal(text, SPAN("x")));
    assert_true(json_scan_member(&scan, &name));
    assert_true(json_scan_string(&scan, &text));
    assert_null(text.data); /* it has an escape */
    assert_true(json_scan_member(&scan, &name));
    assert_true(json_scan_count(&scan, &count));
    assert_int_equal(count, 12);
    assert_true(json_scan_member(&scan, &name));
    assert_true(json_scan_count(&scan, &count));
    assert_true(count == SIZE_MAX);
    assert_true(json_scan_member(&scan, &name));
    assert_null(name.data);
    assert_false(json_scan_is_done(&scan));
    assert_true(json_scan_null(&scan));
    assert_true(json_scan_member(&scan, &name));
    assert_false(json_scan_count(&scan, &count));
    json_scan_skip(&scan);
    assert_false(json_scan_member(&scan, &name));
    assert_true(json_scan_is_done(&scan));
}

static void after_a_failure_nothing_is_true(void **state)
{
    (void)state;
    struct json_scan scan;
    struct span span;
    size_t count;
    json_scan_init(&scan, SPAN("[1 2]"), 2);
    assert_true(json_scan_array(&scan));
    assert_true(json_scan_item(&scan));
    json_scan_skip(&scan);
    assert_false(json_scan_item(&scan));
    assert_true(scan.failed);
    assert_false(json_scan_item(&scan));
    assert_false(json_scan_array(&scan));
    assert_false(json_scan_object(&scan));
    assert_false(json_scan_member(&scan, &span));
    assert_false(json_scan_string(&scan, &span));
    assert_false(json_scan_count(&scan, &count));
    assert_false(json_scan_null(&scan));
    assert_false(json_scan_is_done(&scan));
}

/* As jansson decodes it, in memory that ends where it ends; and nothing else. */
static void a_raw_string_says_what_jansson_says(void **state)
{
    (void)state;
    static const char *const raws[] = {
        "",
        "user_42",
        "a\\\"b\\\\c\\/d",
        "\\b\\f\\n\\r\\t",
        "\\u0041\\u00fc\\u20AC",
        "\\ud83d\\uDE00x",
        "\xc3\xbc\\u00DF",
    };
    for (size_t i = 0; i < sizeof(raws) / sizeof(raws[0]); i++) {
        char quoted[64];
        snprintf(quoted, sizeof(quoted), "\"%s\"", raws[i]);
        json_t *value = json_loads(quoted, JSON_DECODE_ANY, NULL);
        assert_non_null(value);
        struct span said = {json_string_value(value), json_string_length(value)};
        char *raw = table_exact(span_of(raws[i])), *text = table_exact(said);
        struct span exact = {raw, strlen(raws[i])};
        assert_true(json_raw_equal(exact, (struct span){text, said.size}, false));
        assert_true(json_raw_equal(exact, (struct span){text, said.size}, true));
        if (said.size > 0) {
            assert_false(json_raw_equal(exact, (struct span){text, said.size - 1}, true));
            text[said.size - 1] ^= 0x40;
            assert_false(json_raw_equal(exact, (struct span){text, said.size}, true));
        }
        free(raw);
        free(text);
        json_decref(value);
    }
}

static void letters_of_ascii_have_a_case(void **state)
{
    (void)state;
    assert_true(json_raw_equal(SPAN("Shop.\\u0045XAMPLE"), SPAN("sHOP.example"), true));
    assert_false(json_raw_equal(SPAN("Shop"), SPAN("shop"), false));
    assert_false(json_raw_equal(SPAN("\xc3\x9c"), SPAN("\xc3\xbc"), true));
    assert_false(json_raw_equal(SPAN("["), SPAN("{"), true));
    /* Half of a pair is no character of any text. */
    assert_false(json_raw_equal(SPAN("\\ud83d"), SPAN("\xf0\x9f\x98\x80"), false));
    assert_false(json_raw_equal(SPAN("\\ud83d\\u0041"), SPAN("A"), false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_takes_what_jansson_takes),
        cmocka_unit_test(it_refuses_what_jansson_refuses),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(members_are_walked_and_values_taken),
        cmocka_unit_test(after_a_failure_nothing_is_true),
        cmocka_unit_test(a_raw_string_says_what_jansson_says),
        cmocka_unit_test(letters_of_ascii_have_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
