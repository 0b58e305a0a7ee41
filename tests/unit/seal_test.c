#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>

#include "event/event.h"
#include "event/seal.h"
#include "lib/generate.h"

#define PAYLOAD                                                                                              \
    SPAN("{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"u\"}},\"message\":{\"body\":\"Hi\"}" \
         "}")

static struct key hmac_key;

static int group_setup(void **state)
{
    (void)state;
    struct err err;
    if (sodium_init() < 0)
        return -1;
    return key_read(SPAN("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"), &hmac_key, &err);
}

static int group_teardown(void **state)
{
    (void)state;
    key_done(&hmac_key);
    return 0;
}

static bool any_account(const void *accounts, struct span name)
{
    (void)accounts;
    (void)name;
    return true;
}

/* Whether a worker whose keyring has only `verifying`, as "k", takes what was sealed. */
static enum outcome opened(const struct sealed *sealed, const struct key *verifying, struct span payload)
{
    struct buf json;
    struct err err;
    struct event event;
    struct detail detail;
    buf_init(&json, 1000);
    buf_add_text(&json, "{\"keys\":[{\"id\":\"k\",\"sender\":\"s\",\"accounts\":[\"acme\"],\"key\":\"");
    key_write(&json, verifying);
    buf_add_text(&json, "\"}]}");
    struct keyring *keyring = keyring_read(buf_span(&json), (const unsigned char *)"0123456789abcdef", &err);
    assert_non_null(keyring);
    const struct header headers[] = {{SPAN(HEADER_ID), span_of(sealed->event_id)},
                                     {SPAN(HEADER_TIMESTAMP), span_of(sealed->timestamp)},
                                     {SPAN(HEADER_SIGNATURE), span_of(sealed->signature)},
                                     {SPAN(HEADER_KEY), span_of(sealed->key_id)}};
    const struct record record = {
        .key = buf_span(&sealed->routing_key), .value = payload, .headers = headers, .header_count = 4};
    const struct event_rules rules = {.keyring = keyring, .account_exists = any_account};
    enum outcome outcome = event_open(&event, &record, &rules, &detail);
    event_done(&event);
    keyring_free(keyring);
    buf_done(&json);
    return outcome;
}

static void what_is_sealed_is_opened_by_a_worker(void **state)
{
    (void)state;
    struct key secret, public;
    struct sealed sealed;
    struct err err;
    assert_int_equal(seal(&sealed, &hmac_key, SPAN("k"), SPAN("evt_1"), 1767225600, PAYLOAD, &err), 0);
    assert_string_equal(sealed.routing_key.data, "acme/e/u");
    assert_string_equal(sealed.event_id, "evt_1");
    assert_string_equal(sealed.timestamp, "1767225600");
    assert_int_equal(opened(&sealed, &hmac_key, PAYLOAD), OUTCOME_NONE);
    sealed_done(&sealed);
    assert_int_equal(key_generate(KEY_ED25519_SECRET, &secret, &err), 0);
    assert_int_equal(key_public(&secret, &public, &err), 0);
    assert_int_equal(seal(&sealed, &secret, SPAN("k"), SPAN("evt_1"), 1, PAYLOAD, &err), 0);
    assert_int_equal(opened(&sealed, &public, PAYLOAD), OUTCOME_NONE);
    assert_int_equal(opened(&sealed, &hmac_key, PAYLOAD), OUTCOME_BAD_SIGNATURE);
    sealed_done(&sealed);
    key_done(&secret);
    key_done(&public);
}

static void the_longest_of_everything_fits(void **state)
{
    (void)state;
    char id[129] = "", key_id[64] = "";
    struct sealed sealed;
    struct err err;
    memset(id, 'e', 128);
    memset(key_id, 'k', 63);
    assert_int_equal(seal(&sealed, &hmac_key, span_of(key_id), span_of(id), 99999999999, PAYLOAD, &err), 0);
    assert_string_equal(sealed.event_id, id);
    assert_string_equal(sealed.key_id, key_id);
    assert_string_equal(sealed.timestamp, "99999999999");
    sealed_done(&sealed);
}

static void each_generated_event_id_is_another_and_valid(void **state)
{
    (void)state;
    char one[ENVELOPE_ID_MAX + 1], other[ENVELOPE_ID_MAX + 1];
    event_id_generate(one);
    event_id_generate(other);
    assert_int_equal(strlen(one), 26);
    assert_memory_equal(one, "evt_", 4);
    assert_true(event_id_is_valid(span_of(one)));
    assert_string_not_equal(one, other);
}

static void expect_refused(const struct key *key, struct span key_id, struct span event_id, int64_t at_s,
                           struct span payload, const char *text)
{
    struct sealed sealed;
    struct err err = {0};
    assert_int_equal(seal(&sealed, key, key_id, event_id, at_s, payload, &err), -1);
    assert_string_equal(err.text, text);
    sealed_done(&sealed);
}

static void what_a_worker_would_refuse_is_not_sealed(void **state)
{
    (void)state;
    const char *const id = "the event id is not 1 to 128 characters of A-Z a-z 0-9 _ - : ~";
    const char *const key_id = "the key id is not of the form [a-z0-9][a-z0-9_-]{0,62}";
    const char *const time = "the time of signing is not Unix seconds";
    struct key mark, secret, public;
    struct err err;
    char long_id[129];
    memset(long_id, 'e', sizeof(long_id));
    assert_int_equal(key_generate(KEY_MARK, &mark, &err), 0);
    assert_int_equal(key_generate(KEY_ED25519_SECRET, &secret, &err), 0);
    assert_int_equal(key_public(&secret, &public, &err), 0);
    expect_refused(&mark, SPAN("k"), SPAN("e"), 1, PAYLOAD,
                   "this key cannot sign: needed is a whsk_ or a whsec_");
    expect_refused(&public, SPAN("k"), SPAN("e"), 1, PAYLOAD,
                   "this key cannot sign: needed is a whsk_ or a whsec_");
    expect_refused(&hmac_key, SPAN("K"), SPAN("e"), 1, PAYLOAD, key_id);
    expect_refused(&hmac_key, SPAN_NONE, SPAN("e"), 1, PAYLOAD, key_id);
    expect_refused(&hmac_key, SPAN("k"), SPAN("a.b"), 1, PAYLOAD, id);
    expect_refused(&hmac_key, SPAN("k"), SPAN(""), 1, PAYLOAD, id);
    expect_refused(&hmac_key, SPAN("k"), (struct span){long_id, 129}, 1, PAYLOAD, id);
    expect_refused(&hmac_key, SPAN("k"), SPAN("e"), 0, PAYLOAD, time);
    expect_refused(&hmac_key, SPAN("k"), SPAN("e"), -1, PAYLOAD, time);
    expect_refused(&hmac_key, SPAN("k"), SPAN("e"), 100000000000, PAYLOAD, time);
    expect_refused(&hmac_key, SPAN("k"), SPAN("e"), 1, SPAN("{}"), "account: is missing");
    expect_refused(&hmac_key, SPAN("k"), SPAN("e"), 1, SPAN_NONE, "the record has no value");
    key_done(&mark);
    key_done(&secret);
    key_done(&public);
}

/* 255 characters of 4 bytes are allowed by their number; what may not fit is the record key that they make. */
static void a_routing_key_of_more_than_1_kib_is_not_sealed(void **state)
{
    (void)state;
    for (int account_size = 1; account_size <= 2; account_size++) {
        struct buf payload;
        buf_init(&payload, 4096);
        buf_printf(&payload, "{\"account\":\"%.*s\",\"to\":{\"customer\":{\"external_id\":\"", account_size,
                   "aa");
        for (int i = 0; i < 255; i++)
            buf_add_text(&payload, "\xf0\x9f\x98\x80");
        buf_add_text(&payload, "\"}},\"message\":{\"body\":\"Hi\"}}");
        struct sealed sealed;
        struct err err = {0};
        int result = seal(&sealed, &hmac_key, SPAN("k"), SPAN("e"), 1, buf_span(&payload), &err);
        if (account_size == 1) { /* "a/e/" and 1,020 bytes */
            assert_int_equal(result, 0);
            assert_int_equal(sealed.routing_key.size, 1024);
        } else {
            assert_int_equal(result, -1);
            assert_int_equal(err.code, ERR_LIMIT);
        }
        sealed_done(&sealed);
        buf_done(&payload);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_is_opened_by_a_worker),
        cmocka_unit_test(the_longest_of_everything_fits),
        cmocka_unit_test(each_generated_event_id_is_another_and_valid),
        cmocka_unit_test(what_a_worker_would_refuse_is_not_sealed),
        cmocka_unit_test(a_routing_key_of_more_than_1_kib_is_not_sealed),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
