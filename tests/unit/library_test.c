#include "unit/library_fixture.h"

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
        cmocka_unit_test(keys_that_cannot_sign_are_refused_without_being_repeated),
        cmocka_unit_test(what_cannot_be_signed_is_refused_with_the_workers_words),
        cmocka_unit_test(a_keyring_is_read_whole_or_not_at_all),
        cmocka_unit_test(results_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
