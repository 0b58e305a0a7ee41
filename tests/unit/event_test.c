#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>

#include "event/event.h"
#include "event/signature.h"
#include "unit/tables/table.h"

#define SIGNED_AT_S 1767225600
#define PARTITIONS  6

/* Bits of a set of faults, in the order of tables/checks.txt. */
enum {
    HEADER,
    UNKNOWN_KEY,
    FORGED,
    UNKNOWN_MEMBER,
    OTHER_ACCOUNT,
    NO_ACCOUNT,
    OTHER_CUSTOMER,
    OTHER_PARTITION,
    REVOKED,
    KEY_TOO_OLD,
    EXPIRED,
    TOO_LATE,
    FAULT_COUNT,
};

static const char *const fault_names[FAULT_COUNT] = {
    "header",         "unknown_key",     "forged",  "unknown_member", "other_account", "no_account",
    "other_customer", "other_partition", "revoked", "key_too_old",    "expired",       "too_late"};

/* Of a key that is good, revoked, too old, and both. */
static const char *const secrets[] = {
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
    "whsec_AQECAwQFBgcICQoLDA0ODxAREhMUFRYX",
    "whsec_AgECAwQFBgcICQoLDA0ODxAREhMUFRYX",
    "whsec_AwECAwQFBgcICQoLDA0ODxAREhMUFRYX",
};

static struct keyring *keyring;
static struct key keys[4];

static int group_setup(void **state)
{
    (void)state;
    struct buf json;
    struct err err;
    if (sodium_init() < 0)
        return -1;
    buf_init(&json, 10000);
    for (int i = 0; i < 4; i++) {
        if (key_read(span_of(secrets[i]), &keys[i], &err) != 0)
            return -1;
        buf_printf(
            &json,
            "%s{\"id\":\"backend-%d\",\"sender\":\"backend\",\"key\":\"%s\",\"accounts\":[\"acme\"]%s%s}",
            i == 0 ? "{\"keys\":[" : ",", i, secrets[i], i & 1 ? ",\"revoked\":true" : "",
            i & 2 ? ",\"not_after\":\"2025-12-31T00:00:00Z\"" : "");
    }
    buf_add_text(&json, "]}");
    keyring = keyring_read(buf_span(&json), (const unsigned char *)"0123456789abcdef", &err);
    buf_done(&json);
    return keyring == NULL ? -1 : 0;
}

static int group_teardown(void **state)
{
    (void)state;
    keyring_free(keyring);
    for (int i = 0; i < 4; i++)
        key_done(&keys[i]);
    return 0;
}

static bool account_exists(const void *accounts, struct span name)
{
    assert_true(name.size > 0);
    return *(const bool *)accounts;
}

static bool has(unsigned faults, int fault)
{
    return (faults >> fault & 1) != 0;
}

/* A record with these faults, and the outcome that it comes to. */
struct trial {
    unsigned faults;
    bool account_exists;
    char value[200], key[64], signature[SIGNATURE_TEXT_MAX];
    struct header headers[4];
    struct record record;
    struct event_rules rules;
    struct event event;
    struct detail detail;
};

static void trial_sign(struct trial *trial)
{
    unsigned faults = trial->faults;
    size_t signer = (has(faults, REVOKED) ? 1u : 0) + (has(faults, KEY_TOO_OLD) ? 2u : 0);
    static const char *const ids[] = {"backend-0", "backend-1", "backend-2", "backend-3"};
    const struct header headers[] = {
        {SPAN(HEADER_ID), SPAN("evt_1")},
        {SPAN(HEADER_TIMESTAMP), has(faults, HEADER) ? SPAN("01767225600") : SPAN("1767225600")},
        {SPAN(HEADER_SIGNATURE), SPAN_NONE},
        {SPAN(HEADER_KEY), span_of(has(faults, UNKNOWN_KEY) ? "nobody" : ids[signer])}};
    memcpy(trial->headers, headers, sizeof(headers));
    signature_make(&keys[signer], has(faults, FORGED) ? SPAN("evt_2") : SPAN("evt_1"), headers[1].value,
                   trial->record.value, trial->signature);
    trial->headers[2].value = span_of(trial->signature);
}

static void trial_init(struct trial *trial, unsigned faults)
{
    *trial = (struct trial){.faults = faults, .account_exists = !has(faults, NO_ACCOUNT)};
    const char *account = has(faults, OTHER_ACCOUNT) ? "globex" : "acme";
    snprintf(
        trial->value, sizeof(trial->value),
        "{\"account\":\"%s\",\"to\":{\"customer\":{\"external_id\":\"u1\"}},\"message\":{\"body\":\"Hi\"}%s}",
        account, has(faults, UNKNOWN_MEMBER) ? ",\"colour\":1" : "");
    snprintf(trial->key, sizeof(trial->key), "%s/e/%s", account, has(faults, OTHER_CUSTOMER) ? "u2" : "u1");
    trial->record = (struct record){.key = span_of(trial->key),
                                    .value = span_of(trial->value),
                                    .headers = trial->headers,
                                    .header_count = 4};
    trial->record.partition = partitioner_partition(PARTITIONER_MURMUR2, trial->record.key, PARTITIONS);
    if (has(faults, OTHER_PARTITION))
        trial->record.partition = (trial->record.partition + 1) % PARTITIONS;
    trial->rules = (struct event_rules){keyring, PARTITIONER_MURMUR2, PARTITIONS, account_exists,
                                        &trial->account_exists};
    trial_sign(trial);
}

/* Opens and judges; done with event_done. The event expires after 45 s; it is admitted then, or a millisecond later, or
 * a millisecond too early. */
static enum outcome trial_run(struct trial *trial)
{
    enum outcome outcome = event_open(&trial->event, &trial->record, &trial->rules, &trial->detail);
    if (outcome != OUTCOME_NONE)
        return outcome;
    int64_t admitted_at_ms = (int64_t)(SIGNED_AT_S + 45) * 1000;
    if (has(trial->faults, EXPIRED))
        admitted_at_ms += 1;
    else if (has(trial->faults, TOO_LATE))
        admitted_at_ms -= 60001;
    return event_judge(trial->event.entry, trial->event.envelope.timestamp_s, trial->event.payload.ttl_s,
                       admitted_at_ms, &trial->detail);
}

/* What is known of an event whose first fault is `first`. */
static void expect_known(const struct event *event, int first)
{
    assert_int_equal(event->entry != NULL, first > UNKNOWN_KEY);
    assert_int_equal(event->authentic, first > FORGED);
    assert_int_equal(event->has_payload, first > UNKNOWN_MEMBER);
    if (first > HEADER)
        assert_true(span_equal(event->envelope.event_id, SPAN("evt_1")));
    if (first > UNKNOWN_MEMBER)
        assert_true(span_equal(event->payload.to, SPAN("u1")));
}

static void of_every_set_of_faults_the_first_check_names_the_outcome(void **state)
{
    (void)state;
    struct table table;
    int first = 0;
    table_init(&table, TESTS_DIR "/unit/tables/checks.txt");
    while (table_next(&table)) {
        if (span_equal(table.cells[0], SPAN("---")))
            continue;
        assert_true(first < FAULT_COUNT && span_equal(table.cells[0], span_of(fault_names[first])));
        /* This fault, and every set of those that are checked later. */
        for (unsigned later = 0; later < 1u << (FAULT_COUNT - 1 - first); later++) {
            struct trial trial;
            trial_init(&trial, (later << 1 | 1) << first);
            enum outcome outcome = trial_run(&trial);
            if (!span_equal(table.cells[1], span_of(outcome_reason(outcome))) ||
                !span_starts(span_of(trial.detail.text), table.cells[2]))
                table_wrong(&table, "with 0x%x it is %s: %s", trial.faults, outcome_reason(outcome),
                            trial.detail.text);
            expect_known(&trial.event, first);
            event_done(&trial.event);
        }
        first++;
    }
    assert_int_equal(first, FAULT_COUNT);
    table_done(&table);
    struct trial faultless;
    trial_init(&faultless, 0);
    assert_int_equal(trial_run(&faultless), OUTCOME_NONE);
    assert_string_equal(faultless.detail.text, "");
    expect_known(&faultless.event, FAULT_COUNT);
    event_done(&faultless.event);
}

static void a_signature_of_another_kind_than_the_keys_is_told_as_such(void **state)
{
    (void)state;
    struct trial trial;
    trial_init(&trial, 0);
    trial.headers[2].value = SPAN("v1a,AAAA v1a,BBBB");
    assert_int_equal(trial_run(&trial), OUTCOME_BAD_SIGNATURE);
    assert_string_equal(trial.detail.text, "the record has no v1 signature, and a whsec_ key verifies no other");
    event_done(&trial.event);
}

static void the_partition_is_looked_at_only_where_there_is_a_count(void **state)
{
    (void)state;
    struct trial trial;
    trial_init(&trial, 1u << OTHER_PARTITION);
    assert_int_equal(trial_run(&trial), OUTCOME_WRONG_PARTITION);
    event_done(&trial.event);
    int32_t wanted = partitioner_partition(PARTITIONER_MURMUR2, trial.record.key, PARTITIONS);
    char text[201];
    snprintf(text, sizeof(text),
             "in partition %d, its key belongs in %d of 6; set partitioner=murmur2_random in a librdkafka "
             "producer, the like elsewhere",
             (wanted + 1) % PARTITIONS, wanted);
    assert_string_equal(trial.detail.text, text);
    trial.rules.partition_count = 0;
    assert_int_equal(trial_run(&trial), OUTCOME_NONE);
    event_done(&trial.event);
}

static void a_record_without_key_or_value_is_refused(void **state)
{
    (void)state;
    struct trial trial;
    trial_init(&trial, 0);
    trial.record.key = SPAN_NONE;
    assert_int_equal(trial_run(&trial), OUTCOME_WRONG_ROUTING_KEY);
    event_done(&trial.event);
    trial.record.value = SPAN_NONE;
    assert_int_equal(trial_run(&trial), OUTCOME_BAD_SIGNATURE);
    event_done(&trial.event);
    trial_sign(&trial);
    assert_int_equal(trial_run(&trial), OUTCOME_BAD_PAYLOAD);
    assert_string_equal(trial.detail.text, "the record has no value");
    event_done(&trial.event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_every_set_of_faults_the_first_check_names_the_outcome),
        cmocka_unit_test(a_signature_of_another_kind_than_the_keys_is_told_as_such),
        cmocka_unit_test(the_partition_is_looked_at_only_where_there_is_a_count),
        cmocka_unit_test(a_record_without_key_or_value_is_refused),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
