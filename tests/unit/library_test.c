#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cupbearer/cupbearer.h"

/* A pair and a secret of these tests alone. */
#define ED25519_SECRET "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define ED25519_PUBLIC "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
#define HMAC_SECRET    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
#define KEYRING                                                                                              \
    "{\"keys\": [{\"id\": \"pair-1\", \"sender\": \"backend\", \"key\": \"" ED25519_PUBLIC                   \
    "\", \"accounts\": [\"acme\"]}, {\"id\": \"hmac-1\", \"sender\": \"shop\", \"key\": \"" HMAC_SECRET      \
    "\", \"accounts\": [\"acme\"]}]}"

#define PAYLOAD                                                                                              \
    "{\"account\": \"acme\", \"to\": {\"customer\": {\"external_id\": \"k\xc3\xa4the\"}},\n \"message\": "   \
    "{\"body\": "                                                                                            \
    "\"Hi\"}}\n"
#define SIGNED_AT_S  1767225600
#define SIGNED_AT_MS (SIGNED_AT_S * INT64_C(1000))

static struct cupbearer_key *key_of(const char *text)
{
    struct cupbearer_key *key = NULL;
    assert_int_equal(cupbearer_key_read(text, strlen(text), &key, NULL, 0), CUPBEARER_OK);
    assert_non_null(key);
    return key;
}

static struct cupbearer_record *record_signed(const char *key_text, const char *key_id, const char *event_id)
{
    struct cupbearer_key *key = key_of(key_text);
    struct cupbearer_record *record = NULL;
    char error[CUPBEARER_ERROR_SIZE] = "";
    int result = cupbearer_sign(key, key_id, event_id, SIGNED_AT_S, PAYLOAD, strlen(PAYLOAD), &record, error,
                                sizeof(error));
    assert_string_equal(error, "");
    assert_int_equal(result, CUPBEARER_OK);
    cupbearer_key_free(key);
    return record;
}

static struct cupbearer_keyring *keyring_new(void)
{
    struct cupbearer_keyring *keyring = NULL;
    assert_int_equal(cupbearer_keyring_read(KEYRING, strlen(KEYRING), &keyring, NULL, 0), CUPBEARER_OK);
    return keyring;
}

static const char *header_of(const struct cupbearer_record *record, const char *wanted)
{
    const char *name, *value;
    size_t size;
    for (size_t i = 0; cupbearer_record_header(record, i, &name, &value, &size) == CUPBEARER_OK; i++) {
        if (strcmp(name, wanted) == 0) {
            assert_int_equal(strlen(value), size);
            return value;
        }
    }
    fail_msg("no header %s", wanted);
    return NULL;
}

/* What a worker makes of it: the reason, "" for admitted. Frees the record. */
static void expect_verdict(struct cupbearer_record *record, int32_t partition, int32_t partition_count,
                           int64_t admitted_at_ms, const char *reason, const char *sender)
{
    struct cupbearer_keyring *keyring = keyring_new();
    struct cupbearer_verdict *verdict = NULL;
    int result = cupbearer_verify(keyring, record, CUPBEARER_MURMUR2, partition, partition_count,
                                  admitted_at_ms, &verdict);
    assert_non_null(verdict);
    assert_string_equal(cupbearer_verdict_reason(verdict), reason);
    assert_int_equal(result, reason[0] == 0 ? CUPBEARER_OK : CUPBEARER_NO);
    assert_int_equal(cupbearer_verdict_detail(verdict)[0] == 0, reason[0] == 0);
    assert_string_equal(cupbearer_verdict_sender(verdict), sender);
    cupbearer_verdict_free(verdict);
    cupbearer_keyring_free(keyring);
    cupbearer_record_free(record);
}

/* The record with `from` in its JSON form replaced by `to`. Frees the record. */
static struct cupbearer_record *record_changed(struct cupbearer_record *record, const char *from,
                                               const char *to)
{
    char *json, changed[4096], error[CUPBEARER_ERROR_SIZE];
    size_t size;
    assert_int_equal(cupbearer_record_json(record, &json, &size, NULL, 0), CUPBEARER_OK);
    cupbearer_record_free(record);
    const char *at = strstr(json, from);
    if (at == NULL)
        fail_msg("no %s in %s", from, json);
    snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - json), json, to, at + strlen(from));
    cupbearer_text_free(json);
    struct cupbearer_record *again = NULL;
    int result = cupbearer_record_from_json(changed, strlen(changed), &again, error, sizeof(error));
    if (result != CUPBEARER_OK)
        fail_msg("%s", error);
    return again;
}

static void a_record_signed_by_either_kind_of_key_is_admitted(void **state)
{
    (void)state;
    expect_verdict(record_signed(ED25519_SECRET, "pair-1", NULL), -1, 0, SIGNED_AT_MS, "", "backend");
    expect_verdict(record_signed(HMAC_SECRET, "hmac-1", "evt_1"), -1, 0, SIGNED_AT_MS, "", "shop");
}

static void a_signed_record_carries_the_payload_byte_for_byte_and_four_headers(void **state)
{
    (void)state;
    struct cupbearer_record *record = record_signed(HMAC_SECRET, "hmac-1", "evt_1");
    size_t size;
    const char *name, *text = cupbearer_record_value(record, &size);
    assert_int_equal(size, strlen(PAYLOAD));
    assert_string_equal(text, PAYLOAD);
    assert_string_equal(cupbearer_record_key(record, &size), "acme/e/k\xc3\xa4the");
    assert_int_equal(size, strlen("acme/e/k\xc3\xa4the"));
    assert_string_equal(header_of(record, "webhook-id"), "evt_1");
    assert_string_equal(header_of(record, "webhook-timestamp"), "1767225600");
    /* openssl dgst -sha256 -mac HMAC over evt_1.1767225600.PAYLOAD */
    assert_string_equal(header_of(record, "webhook-signature"),
                        "v1,+K+31QwrpQ0wEpMfJW2R69xV/t9kSYcO8MOlsWXQcpw=");
    assert_string_equal(header_of(record, "cupbearer-key"), "hmac-1");
    assert_int_equal(cupbearer_record_header(record, 4, &name, &text, &size), CUPBEARER_NO);
    cupbearer_record_free(record);
}

static void an_event_id_that_is_left_out_is_random(void **state)
{
    (void)state;
    struct cupbearer_record *one = record_signed(HMAC_SECRET, "hmac-1", NULL);
    struct cupbearer_record *other = record_signed(HMAC_SECRET, "hmac-1", NULL);
    assert_int_equal(strlen(header_of(one, "webhook-id")), 26);
    assert_memory_equal(header_of(one, "webhook-id"), "evt_", 4);
    assert_string_not_equal(header_of(one, "webhook-id"), header_of(other, "webhook-id"));
    cupbearer_record_free(one);
    cupbearer_record_free(other);
}

static void whatever_is_changed_in_a_record_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *reason;
        int authentic;
    } cases[] = {
        {"Hi", "Ho", "bad_signature", 0},
        {"\\u000a\"}", "\"}", "bad_signature", 0},
        {"evt_1", "evt_2", "bad_signature", 0},
        {"\"1767225600\"", "\"1767225601\"", "bad_signature", 0},
        {"\"pair-1\"", "\"hmac-1\"", "bad_signature", 0},
        {"\"pair-1\"", "\"pair-2\"", "unknown_key", 0},
        {"\"webhook-id\":\"evt_1\",", "", "malformed_headers", 0},
        {"\"webhook-id\":\"evt_1\",", "\"webhook-id\":null,", "malformed_headers", 0},
        {"{\"key\":\"acme/e/k\xc3\xa4the\"", "{\"key\":\"acme/e/kathe\"", "wrong_routing_key", 1},
        {"{\"key\":\"acme/e/k\xc3\xa4the\"", "{\"key\":null", "wrong_routing_key", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_verdict(
            record_changed(record_signed(ED25519_SECRET, "pair-1", "evt_1"), cases[i].from, cases[i].to), -1,
            0, SIGNED_AT_MS, cases[i].reason, cases[i].authentic ? "backend" : "");
}

static void a_record_is_valid_from_fifteen_seconds_before_it_was_signed_to_its_expiry(void **state)
{
    (void)state;
    static const struct {
        int64_t late_ms;
        const char *reason;
    } cases[] = {{45000, ""}, {45001, "expired"}, {-15000, ""}, {-15001, "expires_too_late"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_verdict(record_signed(ED25519_SECRET, "pair-1", NULL), -1, 0, SIGNED_AT_MS + cases[i].late_ms,
                       cases[i].reason, "backend");
}

static void a_verdict_tells_account_and_expiry_of_an_authentic_payload_only(void **state)
{
    (void)state;
    struct cupbearer_keyring *keyring = keyring_new();
    struct cupbearer_record *record = record_signed(ED25519_SECRET, "pair-1", NULL);
    struct cupbearer_verdict *verdict;
    assert_int_equal(cupbearer_verify(keyring, record, CUPBEARER_MURMUR2, -1, 0, SIGNED_AT_MS, &verdict),
                     CUPBEARER_OK);
    assert_string_equal(cupbearer_verdict_account(verdict), "acme");
    assert_int_equal(cupbearer_verdict_expires_at_ms(verdict), SIGNED_AT_MS + 45000);
    cupbearer_verdict_free(verdict);
    record = record_changed(record, "Hi", "Ho");
    assert_int_equal(cupbearer_verify(keyring, record, CUPBEARER_MURMUR2, -1, 0, SIGNED_AT_MS, &verdict),
                     CUPBEARER_NO);
    assert_string_equal(cupbearer_verdict_account(verdict), "");
    assert_int_equal(cupbearer_verdict_expires_at_ms(verdict), -1);
    cupbearer_verdict_free(verdict);
    cupbearer_record_free(record);
    cupbearer_keyring_free(keyring);
}

static void the_partition_is_judged_where_it_is_given(void **state)
{
    (void)state;
    struct cupbearer_record *record = record_signed(ED25519_SECRET, "pair-1", NULL);
    int32_t murmur2 = cupbearer_record_partition(record, CUPBEARER_MURMUR2, 6);
    int32_t crc32 = cupbearer_record_partition(record, CUPBEARER_CRC32, 6);
    assert_int_equal(murmur2, 4);
    assert_int_equal(crc32, 0);
    assert_int_equal(cupbearer_record_partition(record, CUPBEARER_MURMUR2, 0), -1);
    expect_verdict(record, murmur2, 6, SIGNED_AT_MS, "", "backend");
    expect_verdict(record_signed(ED25519_SECRET, "pair-1", NULL), crc32, 6, SIGNED_AT_MS, "wrong_partition",
                   "backend");

    struct cupbearer_keyring *keyring = keyring_new();
    struct cupbearer_verdict *verdict = NULL;
    record = record_signed(ED25519_SECRET, "pair-1", NULL);
    assert_int_equal(cupbearer_verify(keyring, record, CUPBEARER_MURMUR2, 6, 6, SIGNED_AT_MS, &verdict),
                     CUPBEARER_INVALID);
    assert_int_equal(cupbearer_verify(keyring, record, CUPBEARER_MURMUR2, -2, 6, SIGNED_AT_MS, &verdict),
                     CUPBEARER_INVALID);
    assert_null(verdict);
    cupbearer_record_free(record);
    cupbearer_keyring_free(keyring);
}

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

static void keys_that_cannot_sign_are_refused_without_being_repeated(void **state)
{
    (void)state;
    static const char *const keys[] = {ED25519_PUBLIC, "whmk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                                       "whsec_c2hvcnQ=", "hunter2hunter2", ""};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct cupbearer_key *key = NULL;
        char error[CUPBEARER_ERROR_SIZE] = "";
        assert_int_equal(cupbearer_key_read(keys[i], strlen(keys[i]), &key, error, sizeof(error)),
                         CUPBEARER_INVALID);
        assert_null(key);
        assert_string_not_equal(error, "");
        assert_null(strstr(error, strlen(keys[i]) > 6 ? keys[i] + 6 : "no such text"));
    }
    cupbearer_key_free(NULL);
}

static void what_cannot_be_signed_is_refused_with_the_workers_words(void **state)
{
    (void)state;
    static const struct {
        const char *key_id, *event_id;
        int64_t signed_at_s;
        const char *payload;
        const char *error;
    } cases[] = {
        {"Pair", "e", 1, PAYLOAD, "the key id is not of the form [a-z0-9][a-z0-9_-]{0,62}"},
        {"pair-1", "a.b", 1, PAYLOAD, "the event id is not 1 to 128 characters of A-Z a-z 0-9 _ - : ~"},
        {"pair-1", "e", 0, PAYLOAD, "the time of signing is not Unix seconds"},
        {"pair-1", "e", 1, "{}", "account: is missing"},
        {"pair-1", "e", 1, "", "the value has 0 bytes; allowed are 2 to 262144"},
    };
    struct cupbearer_key *key = key_of(ED25519_SECRET);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cupbearer_record *record = NULL;
        char error[CUPBEARER_ERROR_SIZE] = "", small[8];
        assert_int_equal(cupbearer_sign(key, cases[i].key_id, cases[i].event_id, cases[i].signed_at_s,
                                        cases[i].payload, strlen(cases[i].payload), &record, error,
                                        sizeof(error)),
                         CUPBEARER_INVALID);
        assert_string_equal(error, cases[i].error);
        assert_int_equal(cupbearer_sign(key, cases[i].key_id, cases[i].event_id, cases[i].signed_at_s,
                                        cases[i].payload, strlen(cases[i].payload), &record, small,
                                        sizeof(small)),
                         CUPBEARER_INVALID);
        assert_int_equal(strlen(small), 7);
        assert_memory_equal(small, error, 7);
        assert_null(record);
    }
    cupbearer_key_free(key);
}

static void a_keyring_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    static const char bad[] = "{\"keys\": [{\"id\": \"a\", \"sender\": \"b\", \"key\": \"" ED25519_SECRET
                              "\", \"accounts\": [\"acme\"]}]}";
    struct cupbearer_keyring *keyring = NULL;
    char error[CUPBEARER_ERROR_SIZE];
    assert_int_equal(cupbearer_keyring_read(bad, strlen(bad), &keyring, error, sizeof(error)),
                     CUPBEARER_INVALID);
    assert_non_null(strstr(error, "keys[0] (a): key:"));
    assert_null(strstr(error, "AAECAw"));
    assert_null(keyring);
    assert_int_equal(cupbearer_keyring_read(bad, (4u << 20) + 1, &keyring, error, sizeof(error)),
                     CUPBEARER_LIMIT);
    cupbearer_keyring_free(NULL);
}

static void results_have_words(void **state)
{
    (void)state;
    assert_string_equal(cupbearer_strerror(CUPBEARER_OK), "done");
    assert_string_equal(cupbearer_strerror(CUPBEARER_NO), "a worker would not admit this record");
    assert_string_equal(cupbearer_strerror(3), "unknown result");
    assert_string_equal(cupbearer_version(), CUPBEARER_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_signed_by_either_kind_of_key_is_admitted),
        cmocka_unit_test(a_signed_record_carries_the_payload_byte_for_byte_and_four_headers),
        cmocka_unit_test(an_event_id_that_is_left_out_is_random),
        cmocka_unit_test(whatever_is_changed_in_a_record_is_refused_with_its_reason),
        cmocka_unit_test(a_record_is_valid_from_fifteen_seconds_before_it_was_signed_to_its_expiry),
        cmocka_unit_test(a_verdict_tells_account_and_expiry_of_an_authentic_payload_only),
        cmocka_unit_test(the_partition_is_judged_where_it_is_given),
        cmocka_unit_test(the_json_form_is_one_line_and_reads_back_as_the_same_record),
        cmocka_unit_test(a_null_stays_a_null_in_the_json_form),
        cmocka_unit_test(a_record_without_a_json_form_is_verified_all_the_same),
        cmocka_unit_test(a_repeated_header_has_no_json_form),
        cmocka_unit_test(records_have_bounds),
        cmocka_unit_test(what_is_no_record_is_refused_with_words),
        cmocka_unit_test(keys_that_cannot_sign_are_refused_without_being_repeated),
        cmocka_unit_test(what_cannot_be_signed_is_refused_with_the_workers_words),
        cmocka_unit_test(a_keyring_is_read_whole_or_not_at_all),
        cmocka_unit_test(results_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
