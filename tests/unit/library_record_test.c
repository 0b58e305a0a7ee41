#include "unit/library_fixture.h"

static void the_json_form_is_one_line_and_reads_back_as_the_same_record(void **state)
{
    (void)state;
    struct cupbearer_record *record = record_signed(ED25519_SECRET, "pair-1", "evt_1"), *again = NULL;
    char *json, *twice;
    size_t size, twice_size;
    assert_int_equal(cupbearer_record_json(record, &json, &size, NULL, 0), CUPBEARER_OK);
    assert_int_equal(strlen(json), size);
    assert_null(strchr(json, '\n'));
    static const char begin[] =
        "{\"key\":\"acme/e/k\xc3\xa4the\",\"headers\":{\"webhook-id\":\"evt_1\",\"webhook-timestamp\":"
        "\"1767225600\",\"webhook-signature\":\"v1a,";
    assert_memory_equal(json, begin, strlen(begin));
    assert_int_equal(cupbearer_record_from_json(json, size, &again, NULL, 0), CUPBEARER_OK);
    assert_int_equal(cupbearer_record_json(again, &twice, &twice_size, NULL, 0), CUPBEARER_OK);
    assert_string_equal(json, twice);
    cupbearer_text_free(json);
    cupbearer_text_free(twice);
    cupbearer_record_free(record);
    expect_verdict(again, -1, 0, SIGNED_AT_MS, "", "backend");
}

static void a_null_stays_a_null_in_the_json_form(void **state)
{
    (void)state;
    static const char nulls[] = "{\"key\":null,\"headers\":{\"a\":null,\"b\":\"\"},\"value\":null}";
    struct cupbearer_record *record = NULL;
    char *json;
    size_t size = 1;
    assert_int_equal(cupbearer_record_from_json(nulls, strlen(nulls), &record, NULL, 0), CUPBEARER_OK);
    assert_null(cupbearer_record_value(record, &size));
    assert_int_equal(size, 0);
    assert_int_equal(cupbearer_record_json(record, &json, &size, NULL, 0), CUPBEARER_OK);
    assert_string_equal(json, nulls);
    cupbearer_text_free(json);
    cupbearer_record_free(record);
}

static void a_record_without_a_json_form_is_verified_all_the_same(void **state)
{
    (void)state;
    struct cupbearer_record *record = record_signed(ED25519_SECRET, "pair-1", "evt_1"), *copy = NULL;
    size_t key_size, value_size, size;
    const char *key = cupbearer_record_key(record, &key_size),
               *value = cupbearer_record_value(record, &value_size);
    const char *name, *text;
    assert_int_equal(cupbearer_record_new(key, key_size, value, value_size, &copy), CUPBEARER_OK);
    for (size_t i = 0; cupbearer_record_header(record, i, &name, &text, &size) == CUPBEARER_OK; i++)
        assert_int_equal(cupbearer_record_add_header(copy, name, text, size), CUPBEARER_OK);
    assert_int_equal(cupbearer_record_add_header(copy, "trace", "\xff\0", 2), CUPBEARER_OK);
    assert_int_equal(cupbearer_record_add_header(copy, "trace", NULL, 0), CUPBEARER_OK);
    char *json = NULL, error[CUPBEARER_ERROR_SIZE];
    assert_int_equal(cupbearer_record_json(copy, &json, &size, error, sizeof(error)), CUPBEARER_INVALID);
    assert_string_equal(error, "header 4 is not UTF-8, or holds a 0 byte: it has no JSON form");
    assert_null(json);
    cupbearer_record_free(record);
    expect_verdict(copy, -1, 0, SIGNED_AT_MS, "", "backend");
}

static void a_repeated_header_has_no_json_form(void **state)
{
    (void)state;
    struct cupbearer_record *record = record_signed(ED25519_SECRET, "pair-1", "evt_1");
    assert_int_equal(cupbearer_record_add_header(record, "webhook-id", "evt_1", 5), CUPBEARER_OK);
    char *json = NULL, error[CUPBEARER_ERROR_SIZE];
    size_t size;
    assert_int_equal(cupbearer_record_json(record, &json, &size, error, sizeof(error)), CUPBEARER_INVALID);
    assert_string_equal(error, "header 4 repeats the name of another: it has no JSON form");
    expect_verdict(record, -1, 0, SIGNED_AT_MS, "malformed_headers", "");
}

static void records_have_bounds(void **state)
{
    (void)state;
    static const char bytes[(1u << 20) + 1];
    struct cupbearer_record *record = NULL;
    assert_int_equal(cupbearer_record_new(bytes, sizeof(bytes), NULL, 0, &record), CUPBEARER_LIMIT);
    assert_int_equal(cupbearer_record_new(NULL, 0, bytes, sizeof(bytes), &record), CUPBEARER_LIMIT);
    assert_null(record);
    assert_int_equal(cupbearer_record_new(NULL, 0, bytes, sizeof(bytes) - 1, &record), CUPBEARER_OK);
    assert_int_equal(cupbearer_record_add_header(record, "a", bytes, 64 << 10), CUPBEARER_LIMIT);
    assert_int_equal(cupbearer_record_add_header(record, "a", bytes, (64 << 10) - 1), CUPBEARER_OK);
    for (int i = 1; i < 64; i++)
        assert_int_equal(cupbearer_record_add_header(record, "a", "b", 1), CUPBEARER_OK);
    assert_int_equal(cupbearer_record_add_header(record, "a", "b", 1), CUPBEARER_LIMIT);
    size_t size = 1;
    assert_null(cupbearer_record_key(record, &size));
    assert_int_equal(size, 0);
    cupbearer_record_free(record);
}

static void what_is_no_record_is_refused_with_words(void **state)
{
    (void)state;
    static const struct {
        const char *json, *error;
    } cases[] = {
        {"", "not a record: not JSON: '[' or '{' expected at byte 0"},
        {"[]", "not a record: expected {\"key\": \"...\", \"headers\": {...}, \"value\": \"...\"}, as "
               "`cupbearer sign` "
               "prints it"},
        {"{\"headers\": {}, \"value\": \"\", \"vaule\": \"\"}",
         "not a record: \"key\" is missing; expected a string or null"},
        {"{\"key\": null, \"headers\": {}, \"value\": \"\", \"vaule\": \"\"}",
         "not a record: expected {\"key\": \"...\", \"headers\": {...}, \"value\": \"...\"}, as `cupbearer "
         "sign` "
         "prints it"},
        {"{\"key\": 1, \"headers\": {}, \"value\": \"\"}",
         "not a record: \"key\" is something else; expected a string or null"},
        {"{\"key\": null, \"headers\": {\"a\": [\"b\"]}, \"value\": \"\"}",
         "not a record: \"a\" is something else; expected a string or null"},
        {"{\"key\": null, \"headers\": {\"a\": 1}, \"value\": \"\"}",
         "not a record: \"a\" is something else; expected a string or null"},
        {"{\"key\": null, \"headers\": {\"a\": \"1\", \"a\": \"2\"}, \"value\": \"\"}",
         "not a record: not JSON: duplicate object key at byte 39"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cupbearer_record *record = NULL;
        char error[CUPBEARER_ERROR_SIZE];
        assert_int_equal(
            cupbearer_record_from_json(cases[i].json, strlen(cases[i].json), &record, error, sizeof(error)),
            CUPBEARER_INVALID);
        assert_string_equal(error, cases[i].error);
        assert_null(record);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_json_form_is_one_line_and_reads_back_as_the_same_record),
        cmocka_unit_test(a_null_stays_a_null_in_the_json_form),
        cmocka_unit_test(a_record_without_a_json_form_is_verified_all_the_same),
        cmocka_unit_test(a_repeated_header_has_no_json_form),
        cmocka_unit_test(records_have_bounds),
        cmocka_unit_test(what_is_no_record_is_refused_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
