#include <sodium.h>

#include "event/seal.h"
#include "unit/audit_bench.h"

#define SECRET "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
#define KEY    "acme/e/ada"

static bool account_exists(const void *accounts, struct span name)
{
    (void)accounts;
    return span_equal(name, SPAN("acme"));
}

static struct keyring *keyring_of(const char *more)
{
    struct buf json;
    struct err err;
    assert_true(sodium_init() >= 0);
    buf_init(&json, 1000);
    buf_printf(&json, "{\"keys\":[{\"id\":\"one\",\"sender\":\"backend\",\"key\":\"%s\",\"accounts\":[\"acme\"]%s}]}",
               SECRET, more);
    struct keyring *keyring =
        keyring_read(buf_span(&json), (const unsigned char *)"0123456789abcdef", &err);
    buf_done(&json);
    assert_non_null(keyring);
    return keyring;
}

static struct truth_rules rules_of(const struct keyring *keyring)
{
    return (struct truth_rules){{.keyring = keyring, .account_exists = account_exists}, true};
}

/* ---- what the record says ---- */

/* A record as its sender signs it, and what is done to it then. */
struct planted {
    int64_t offset, later_ms; /* admitted so much later than signed */
    const char *key_id, *routing_key;
    bool forged, without_id;
    const char *text; /* instead of "Hi" */
};

/* Hands the record to the bench's audit, or where that is NULL tells its truth. */
static enum outcome plant(struct bench *bench, const struct truth_rules *rules, const struct planted *p)
{
    struct sealed sealed;
    struct key key;
    struct err err;
    char payload[300];
    const char *id = p->key_id == NULL ? "one" : p->key_id;
    snprintf(payload, sizeof(payload),
             "{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"ada\"}},\"message\":{\"body\":\"%s\"}}",
             p->text == NULL ? "Hi" : p->text);
    assert_int_equal(key_read(span_of(SECRET), &key, &err), 0);
    int64_t stamp_ms = T0 + p->offset * 1000;
    assert_int_equal(seal(&sealed, &key, span_of(id), SPAN("e"), (stamp_ms - p->later_ms) / 1000,
                          span_of(payload), &err),
                     0);
    payload[strlen(payload) - 5] = p->forged ? 'h' : payload[strlen(payload) - 5];
    const struct header headers[] = {{SPAN(HEADER_TIMESTAMP), span_of(sealed.timestamp)},
                                     {SPAN(HEADER_SIGNATURE), span_of(sealed.signature)},
                                     {SPAN(HEADER_KEY), span_of(sealed.key_id)},
                                     {SPAN(HEADER_ID), span_of(sealed.event_id)}};
    const struct record record = {.partition = 3,
                                  .offset = p->offset,
                                  .timestamp_ms = stamp_ms,
                                  .key = span_of(p->routing_key == NULL ? KEY : p->routing_key),
                                  .value = span_of(payload),
                                  .headers = headers,
                                  .header_count = p->without_id ? 3 : 4};
    enum outcome truth = OUTCOME_NONE;
    if (bench != NULL)
        audit_record(&bench->audit, &record);
    else
        truth = truth_of(&record, rules);
    sealed_done(&sealed);
    key_done(&key);
    return truth;
}

static void the_first_check_that_a_record_fails_is_its_truth(void **state)
{
    (void)state;
    struct keyring *keyring = keyring_of("");
    const struct truth_rules rules = rules_of(keyring);
    const struct {
        struct planted planted;
        enum outcome truth;
    } rows[] = {
        {{.offset = 0}, OUTCOME_NONE},
        {{.without_id = true, .key_id = "other"}, OUTCOME_MALFORMED_HEADERS},
        {{.key_id = "other", .forged = true}, OUTCOME_UNKNOWN_KEY},
        {{.forged = true, .routing_key = "acme/e/bob"}, OUTCOME_BAD_SIGNATURE},
        {{.routing_key = "acme/e/bob", .later_ms = 100000}, OUTCOME_WRONG_ROUTING_KEY},
        {{.later_ms = 100000}, OUTCOME_EXPIRED},
        {{.later_ms = -100000}, OUTCOME_EXPIRES_TOO_LATE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(plant(NULL, &rules, &rows[i].planted), rows[i].truth);
    keyring_free(keyring);
}

/* ---- which receipts that makes untrue ---- */

static void expect_denied(enum outcome found, const char *told)
{
    const struct truth_rules rules = {.stamps_are_brokers = true}, clocks = {0};
    for (enum outcome one = OUTCOME_DELIVERED; one < OUTCOME_COUNT; one++) {
        const char *word = outcome_reason(one)[0] == 0 ? outcome_word(one) : outcome_reason(one);
        char listed[64];
        snprintf(listed, sizeof(listed), " %s ", word);
        bool is_time = one == OUTCOME_EXPIRED || one == OUTCOME_EXPIRES_TOO_LATE;
        bool expected = strstr(told, listed) != NULL;
        if (truth_denies(&rules, found, one) != expected)
            fail_msg("found %s, told %s: %s", outcome_reason(found), word, expected ? "believed" : "denied");
        /* By the worker's clock it may have been too late, or not. */
        bool of_time = is_time && (found == OUTCOME_NONE || found == OUTCOME_EXPIRED);
        assert_int_equal(truth_denies(&clocks, found, one), expected && !of_time);
    }
}

#define AFTER_PAYLOAD                                                                                        \
    " delivered duplicate key_not_active expired expires_too_late conversation_not_found customer_not_found " \
    "refused_by_papercups gave_up key_revoked unknown flood backlog "

static void what_the_record_itself_refutes_is_denied(void **state)
{
    (void)state;
    expect_denied(OUTCOME_MALFORMED_HEADERS, " unknown_key bad_signature bad_payload account_not_granted "
                                             "wrong_routing_key wrong_partition" AFTER_PAYLOAD);
    expect_denied(OUTCOME_BAD_SIGNATURE, " malformed_headers bad_payload account_not_granted wrong_routing_key "
                                         "wrong_partition" AFTER_PAYLOAD);
    expect_denied(OUTCOME_BAD_PAYLOAD, " malformed_headers bad_signature account_not_granted wrong_routing_key "
                                       "wrong_partition" AFTER_PAYLOAD);
    expect_denied(OUTCOME_WRONG_ROUTING_KEY,
                  " malformed_headers bad_signature bad_payload wrong_partition" AFTER_PAYLOAD);
    expect_denied(OUTCOME_NONE, " malformed_headers bad_signature bad_payload wrong_routing_key expired "
                                "expires_too_late ");
    expect_denied(OUTCOME_EXPIRED,
                  " malformed_headers bad_signature bad_payload wrong_routing_key expires_too_late ");
}

/* The key was taken out, a grant given, a validity changed since: nothing is known of what was then. */
static void what_the_configuration_may_have_said_then_is_believed(void **state)
{
    (void)state;
    expect_denied(OUTCOME_UNKNOWN_KEY, " malformed_headers ");
    expect_denied(OUTCOME_ACCOUNT_NOT_GRANTED, " malformed_headers bad_signature bad_payload ");
    expect_denied(OUTCOME_KEY_NOT_ACTIVE, " malformed_headers bad_signature bad_payload wrong_routing_key ");
}

/* ---- in an audit ---- */

static void an_untruthful_receipt_is_named(void **state)
{
    struct bench *bench = *state;
    struct keyring *keyring = keyring_of("");
    const struct truth_rules rules = rules_of(keyring);
    begin(bench, 4, 4);
    bench->audit.rules.truth = &rules;
    plant(bench, NULL, &(struct planted){.offset = 0, .forged = true});
    plant(bench, NULL, &(struct planted){.offset = 1});
    plant(bench, NULL, &(struct planted){.offset = 2, .text = "of this nobody says more"});
    plant(bench, NULL, &(struct planted){.offset = 3, .forged = true});
    receipt(bench, OUTCOME_DELIVERED, 0, KEY, "e");
    receipt(bench, OUTCOME_BAD_SIGNATURE, 1, KEY, NULL);
    letter(bench, KEY, "events/3/1", "bad_signature");
    receipt(bench, OUTCOME_DUPLICATE, 2, KEY, "e");
    receipt(bench, OUTCOME_BAD_SIGNATURE, 3, KEY, NULL);
    letter(bench, KEY, "events/3/3", "bad_signature");
    finish(bench);
    expect_deviation(bench, 0, 0, "untruthful_receipt",
                     "its receipt says delivered, but the record's own outcome is rejected (bad_signature)");
    expect_deviation(bench, 1, 1, "untruthful_receipt",
                     "its receipt says rejected (bad_signature), but the record passes every check");
    assert_int_equal(bench->audit.deviations.count, 2);
    keyring_free(keyring);
}

static void of_each_kind_of_deviation_it_is_said_what_to_do(void **state)
{
    (void)state;
    for (int kind = 0; kind < DEVIATION_COUNT; kind++)
        assert_true(strlen(deviation_advice((enum deviation_kind)kind)) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_check_that_a_record_fails_is_its_truth),
        cmocka_unit_test(what_the_record_itself_refutes_is_denied),
        cmocka_unit_test(what_the_configuration_may_have_said_then_is_believed),
        TEST(an_untruthful_receipt_is_named),
        cmocka_unit_test(of_each_kind_of_deviation_it_is_said_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
