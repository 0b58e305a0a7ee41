/* What the tests of the library share: keys, a keyring that knows them, a signed record. */
#ifndef UNIT_LIBRARY_FIXTURE_H
#define UNIT_LIBRARY_FIXTURE_H

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

static inline struct cupbearer_key *key_of(const char *text)
{
    struct cupbearer_key *key = NULL;
    assert_int_equal(cupbearer_key_read(text, strlen(text), &key, NULL, 0), CUPBEARER_OK);
    assert_non_null(key);
    return key;
}

static inline struct cupbearer_record *record_signed(const char *key_text, const char *key_id,
                                                     const char *event_id)
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

static inline struct cupbearer_keyring *keyring_new(void)
{
    struct cupbearer_keyring *keyring = NULL;
    assert_int_equal(cupbearer_keyring_read(KEYRING, strlen(KEYRING), &keyring, NULL, 0), CUPBEARER_OK);
    return keyring;
}

static inline const char *header_of(const struct cupbearer_record *record, const char *wanted)
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
static inline void expect_verdict(struct cupbearer_record *record, int32_t partition, int32_t partition_count,
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
static inline struct cupbearer_record *record_changed(struct cupbearer_record *record, const char *from,
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

#endif
