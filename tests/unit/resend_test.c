#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>

#include "audit/resend.h"
#include "event/seal.h"
#include "receipt/dead_letter.h"

#define SIGNED_S 1764000000
#define NOW_MS   ((SIGNED_S + 7200) * 1000LL)
#define WINDOW   3600000

static const unsigned char mac_key[32] = "the key that receipts are under";

/* Three senders' keys; the last one is revoked. */
static const struct {
    const char *id, *sender, *secret, *more;
} signers[] = {
    {"one", "backend", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", ""},
    {"two", "shipping", "whsec_AQECAwQFBgcICQoLDA0ODxAREhMUFRYX", ""},
    {"old", "backend", "whsec_AgECAwQFBgcICQoLDA0ODxAREhMUFRYX", ",\"revoked\":true"},
};

struct bench {
    struct keyring *keyring;
    struct key keys[3];
    struct resend_rules rules;
    struct resend resend;
};

static bool account_exists(const void *accounts, struct span name)
{
    (void)accounts;
    return span_equal(name, SPAN("acme"));
}

static int setup(void **state)
{
    static struct bench bench;
    struct buf json;
    struct err err;
    if (sodium_init() < 0)
        return -1;
    buf_init(&json, 10000);
    for (size_t i = 0; i < 3; i++) {
        if (key_read(span_of(signers[i].secret), &bench.keys[i], &err) != 0)
            return -1;
        buf_printf(&json,
                   "%s{\"id\":\"%s\",\"sender\":\"%s\",\"key\":\"%s\",\"accounts\":[\"acme\",\"beta\"]%s}",
                   i == 0 ? "{\"keys\":[" : ",", signers[i].id, signers[i].sender, signers[i].secret,
                   signers[i].more);
    }
    buf_add_text(&json, "]}");
    bench.keyring = keyring_read(buf_span(&json), (const unsigned char *)"0123456789abcdef", &err);
    buf_done(&json);
    bench.rules = (struct resend_rules){
        .ledger = {.events_topic = "events",
                 .receipts_topic = "receipts",
                 .partition = 3,
                 .hash_key = "0123456789abcde",
                 .mac_key_count = 1},
        .event = {.keyring = bench.keyring, .account_exists = account_exists},
        .outcomes = {[OUTCOME_GAVE_UP] = true, [OUTCOME_FLOOD] = true, [OUTCOME_UNKNOWN] = true},
        .now_ms = NOW_MS,
        .window_ms = WINDOW,
    };
    memcpy(bench.rules.ledger.mac_keys[0], mac_key, sizeof(mac_key));
    resend_init(&bench.resend, &bench.rules);
    *state = &bench;
    return bench.keyring == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    resend_done(&bench->resend);
    keyring_free(bench->keyring);
    for (size_t i = 0; i < 3; i++)
        key_done(&bench->keys[i]);
    return 0;
}

/* An event of the signer's, as a worker writes it to the dead letters. */
struct written {
    int64_t offset, source; /* as a dead letter; as the record that it was */
    enum outcome outcome;
    const char *event_id;
    size_t signer;
    const char *account;
    bool forged, without_value;
    struct span own_header; /* a name; one that the record has beside the four */
};

static void letter(struct bench *bench, const struct written *w)
{
    struct sealed sealed;
    struct err err;
    char payload[300];
    snprintf(
        payload, sizeof(payload),
        "{\"account\":\"%s\",\"to\":{\"customer\":{\"external_id\":\"ada\"}},\"message\":{\"body\":\"Hi\"}}",
        w->account == NULL ? "acme" : w->account);
    assert_int_equal(seal(&sealed, &bench->keys[w->signer], span_of(signers[w->signer].id),
                          span_of(w->event_id), SIGNED_S, span_of(payload), &err),
                     0);
    payload[strlen(payload) - 5] = w->forged ? 'h' : 'H';
    const struct header headers[] = {{SPAN(HEADER_ID), span_of(sealed.event_id)},
                                     {SPAN(HEADER_TIMESTAMP), span_of(sealed.timestamp)},
                                     {SPAN(HEADER_SIGNATURE), span_of(sealed.signature)},
                                     {SPAN(HEADER_KEY), span_of(sealed.key_id)},
                                     {w->own_header, SPAN("x")}};
    const struct record record = {.partition = 3,
                                  .offset = w->source,
                                  .key = buf_span(&sealed.routing_key),
                                  .value = span_of(payload),
                                  .headers = headers,
                                  .header_count = w->own_header.data == NULL ? 4 : 5};
    const struct dead_letter_facts facts = {
        .topic = "events", .outcome = w->outcome, .detail = "", .without_value = w->without_value};
    struct dead_letter dead;
    dead_letter_init(&dead, &record, &facts);
    resend_letter(&bench->resend, &(struct record){.partition = 3,
                                                   .offset = w->offset,
                                                   .key = record.key,
                                                   .value = dead.value,
                                                   .headers = dead.headers,
                                                   .header_count = dead.header_count});
    dead_letter_done(&dead);
    sealed_done(&sealed);
}

/* key NULL: of another version. */
static void receipt_with(struct bench *bench, enum outcome outcome, int64_t offset, const char *event_id,
                         int64_t finished_at_ms, const unsigned char *key)
{
    const struct receipt receipt = {.outcome = outcome,
                                    .event_id = span_of(event_id),
                                    .sender = SPAN("backend"),
                                    .topic = SPAN("events"),
                                    .partition = 3,
                                    .offset = offset,
                                    .record_timestamp_ms = SIGNED_S * 1000LL,
                                    .admitted_at_ms = SIGNED_S * 1000LL,
                                    .finished_at_ms = finished_at_ms};
    char code[RECEIPT_MAC_TEXT] = "v2,as it is made then";
    struct buf json;
    buf_init(&json, RECEIPT_SIZE_MAX);
    receipt_write(&json, &receipt);
    if (key != NULL)
        receipt_mac(key, SPAN("receipts"), 3, SPAN("acme/e/ada"), buf_span(&json), code);
    const struct header header = {SPAN(RECEIPT_MAC), span_of(code)};
    resend_receipt(&bench->resend, &(struct record){.partition = 3,
                                                    .key = SPAN("acme/e/ada"),
                                                    .value = buf_span(&json),
                                                    .headers = &header,
                                                    .header_count = 1});
    buf_done(&json);
}

static void receipt(struct bench *bench, enum outcome outcome, int64_t offset, const char *event_id)
{
    receipt_with(bench, outcome, offset, event_id, SIGNED_S * 1000LL, mac_key);
}

static void expect(const struct bench *bench, size_t n, int64_t offset, enum resend_verdict verdict)
{
    assert_true(n < bench->resend.count);
    assert_int_equal(bench->resend.letters[n].offset, offset);
    assert_string_equal(resend_text((enum resend_verdict)bench->resend.letters[n].verdict),
                        resend_text(verdict));
}

/* One letter, with its receipt. */
static void expect_one(struct bench *bench, const struct written *w, enum resend_verdict verdict)
{
    letter(bench, w);
    resend_letters_end(&bench->resend);
    receipt(bench, w->outcome, w->source, w->event_id);
    resend_finish(&bench->resend);
    expect(bench, 0, w->offset, verdict);
    assert_int_equal(bench->resend.count, 1);
}

static void what_another_version_speaks_of_is_not_sent(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.offset = 1, .source = 1, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 2, .source = 2, .outcome = OUTCOME_GAVE_UP, .event_id = "b"});
    letter(bench, &(struct written){.offset = 3, .source = 3, .outcome = OUTCOME_GAVE_UP, .event_id = "c"});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_GAVE_UP, 1, "a");
    receipt_with(bench, OUTCOME_DELIVERED, 9, "a", NOW_MS, NULL); /* sent again since, perhaps */
    receipt_with(bench, OUTCOME_GAVE_UP, 2, "b", NOW_MS, NULL);
    receipt(bench, OUTCOME_GAVE_UP, 3, "c");
    resend_finish(&bench->resend);
    expect(bench, 0, 1, RESEND_OTHER_VERSION);
    expect(bench, 1, 2, RESEND_OTHER_VERSION);
    expect(bench, 2, 3, RESEND_YES);
}

static void what_failed_and_has_its_receipt_may_be_sent_again(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.offset = 4, .source = 9, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 7,
                                    .source = 5,
                                    .outcome = OUTCOME_FLOOD,
                                    .event_id = "b",
                                    .own_header = SPAN("traceparent")});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_FLOOD, 5, "b");
    receipt(bench, OUTCOME_DELIVERED, 6, "c"); /* another event's */
    receipt(bench, OUTCOME_GAVE_UP, 9, "a");
    resend_finish(&bench->resend);
    expect(bench, 0, 4, RESEND_YES);
    expect(bench, 1, 7, RESEND_YES);
    assert_int_equal(bench->resend.letters[1].source, 5);
    assert_int_equal(bench->resend.letters[1].outcome, OUTCOME_FLOOD);
}

static void a_reason_that_was_not_asked_for_is_left_out(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.outcome = OUTCOME_BACKLOG, .event_id = "a"});
    letter(bench, &(struct written){.outcome = OUTCOME_EXPIRED, .event_id = "b"});
    bench->rules.ledger.partition = 4; /* as if it lay in another one */
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "c"});
    assert_int_equal(bench->resend.count, 0);
}

static void account_and_event_id_choose(void **state)
{
    struct bench *bench = *state;
    bench->rules.account = SPAN("acme");
    letter(bench,
           &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .account = "beta", .offset = 1});
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "b", .offset = 2});
    bench->rules.account = SPAN("acm");
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "c", .offset = 3});
    bench->rules.account = SPAN_NONE;
    bench->rules.event_id = SPAN("d");
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "dd", .offset = 4});
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "d", .offset = 5});
    assert_int_equal(bench->resend.count, 2);
    assert_int_equal(bench->resend.letters[0].offset, 2);
    assert_int_equal(bench->resend.letters[1].offset, 5);
}

/* Whoever can write to the dead letters' topic can put anything there. */
static void a_forgery_is_not_signed(void **state)
{
    expect_one(*state, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .forged = true},
               RESEND_NOT_AUTHENTIC);
}

static void what_a_worker_would_refuse_is_not_signed(void **state)
{
    expect_one(*state, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .account = "beta"},
               RESEND_REFUSED);
}

static void what_a_revoked_key_signed_is_not_signed(void **state)
{
    expect_one(*state, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .signer = 2},
               RESEND_KEY_REVOKED);
}

static void what_another_sender_signed_is_not_signed(void **state)
{
    struct bench *bench = *state;
    bench->rules.sender = SPAN("backend");
    expect_one(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .signer = 1},
               RESEND_OTHER_SENDER);
}

static void what_was_written_without_its_value_is_not_there(void **state)
{
    expect_one(*state, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .without_value = true},
               RESEND_NO_VALUE);
}

/* The receipt is what a worker has judged; and as long as it is there all later ones are, which would say delivered. */
static void a_letter_without_its_receipt_is_not_signed(void **state)
{
    struct bench *bench = *state;
    static const unsigned char others[32] = "somebody else's";
    const char *const ids[] = {"a", "b", "c", "d", "e"};
    for (int64_t i = 0; i < 5; i++)
        letter(bench,
               &(struct written){.offset = i, .outcome = OUTCOME_GAVE_UP, .event_id = ids[i], .source = i});
    letter(bench, &(struct written){
                      .offset = 5, .outcome = OUTCOME_GAVE_UP, .event_id = "f", .source = 5, .signer = 1});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_GAVE_UP, 7, "a");
    receipt(bench, OUTCOME_FLOOD, 1, "b");
    receipt(bench, OUTCOME_GAVE_UP, 2, "other");
    receipt_with(bench, OUTCOME_GAVE_UP, 3, "d", SIGNED_S * 1000LL, others);
    receipt(bench, OUTCOME_GAVE_UP, 5, "f"); /* by the sender backend, and the letter is of shipping */
    resend_finish(&bench->resend);
    for (size_t i = 0; i < 6; i++)
        expect(bench, i, (int64_t)i, RESEND_NO_RECEIPT);
}

static void what_was_delivered_meanwhile_is_left_out(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.outcome = OUTCOME_GAVE_UP, .event_id = "a", .source = 4});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_GAVE_UP, 4, "a");
    receipt(bench, OUTCOME_DELIVERED, 8, "a");
    receipt(bench, OUTCOME_DUPLICATE, 9, "a");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_DELIVERED);
}

static void of_several_letters_of_one_event_the_last_counts(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.offset = 0, .source = 4, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 1, .source = 4, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 2, .source = 6, .outcome = OUTCOME_FLOOD, .event_id = "a"});
    /* Planted: there is no receipt of it, and it must not stand in the others' way. */
    letter(bench, &(struct written){.offset = 3, .source = 9, .outcome = OUTCOME_GAVE_UP, .event_id = "a"});
    letter(bench, &(struct written){.offset = 4, .source = 7, .outcome = OUTCOME_GAVE_UP, .event_id = "b"});
    resend_letters_end(&bench->resend);
    receipt(bench, OUTCOME_GAVE_UP, 4, "a");
    receipt(bench, OUTCOME_FLOOD, 6, "a");
    receipt(bench, OUTCOME_GAVE_UP, 7, "b");
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_SUPERSEDED);
    expect(bench, 1, 1, RESEND_SUPERSEDED);
    expect(bench, 2, 2, RESEND_YES);
    expect(bench, 3, 3, RESEND_NO_RECEIPT);
    expect(bench, 4, 4, RESEND_YES);
}

/* An unknown one is read back before it is posted, by workers that remember it. */
static void what_may_have_been_shown_is_sent_while_workers_remember_it(void **state)
{
    struct bench *bench = *state;
    letter(bench, &(struct written){.offset = 0, .source = 0, .outcome = OUTCOME_UNKNOWN, .event_id = "a"});
    letter(bench, &(struct written){.offset = 1, .source = 1, .outcome = OUTCOME_UNKNOWN, .event_id = "b"});
    letter(bench, &(struct written){.offset = 2, .source = 2, .outcome = OUTCOME_GAVE_UP, .event_id = "c"});
    resend_letters_end(&bench->resend);
    receipt_with(bench, OUTCOME_UNKNOWN, 0, "a", NOW_MS - WINDOW + 60000, mac_key);
    receipt_with(bench, OUTCOME_UNKNOWN, 1, "b", NOW_MS - WINDOW + 59999, mac_key);
    receipt_with(bench, OUTCOME_GAVE_UP, 2, "c", NOW_MS - WINDOW, mac_key);
    resend_finish(&bench->resend);
    expect(bench, 0, 0, RESEND_YES);
    expect(bench, 1, 1, RESEND_MAY_BE_SHOWN);
    expect(bench, 2, 2, RESEND_YES);
}

static void every_verdict_has_its_words(void **state)
{
    (void)state;
    for (int i = RESEND_YES; i <= RESEND_NOT_CHOSEN; i++)
        for (int j = RESEND_YES; j < i; j++)
            assert_string_not_equal(resend_text((enum resend_verdict)i), resend_text((enum resend_verdict)j));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_failed_and_has_its_receipt_may_be_sent_again),
        TEST(what_another_version_speaks_of_is_not_sent),
        TEST(a_reason_that_was_not_asked_for_is_left_out),
        TEST(account_and_event_id_choose),
        TEST(a_forgery_is_not_signed),
        TEST(what_a_worker_would_refuse_is_not_signed),
        TEST(what_a_revoked_key_signed_is_not_signed),
        TEST(what_another_sender_signed_is_not_signed),
        TEST(what_was_written_without_its_value_is_not_there),
        TEST(a_letter_without_its_receipt_is_not_signed),
        TEST(what_was_delivered_meanwhile_is_left_out),
        TEST(of_several_letters_of_one_event_the_last_counts),
        TEST(what_may_have_been_shown_is_sent_while_workers_remember_it),
        TEST(every_verdict_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
