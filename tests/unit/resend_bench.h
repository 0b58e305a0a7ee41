/* Dead letters, records and receipts for audit/resend, and what becomes of them. */
#ifndef TESTS_UNIT_RESEND_BENCH_H
#define TESTS_UNIT_RESEND_BENCH_H

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

static inline int setup(void **state)
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

static inline int teardown(void **state)
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
    int64_t later_s; /* than SIGNED_S: when it was signed */
    struct span own_header; /* a name; one that the record has beside the four */
};

/* Signs it; done with what *sealed owns, and the payload. */
struct sealed_record {
    struct sealed sealed;
    char payload[300];
    struct header headers[5];
    struct record record;
};

static void seal_record(struct bench *bench, const struct written *w, struct sealed_record *out)
{
    struct err err;
    snprintf(out->payload, sizeof(out->payload),
             "{\"account\":\"%s\",\"to\":{\"customer\":{\"external_id\":\"ada\"}},\"message\":{\"body\":\"Hi\"}}",
             w->account == NULL ? "acme" : w->account);
    struct sealed *sealed = &out->sealed;
    assert_int_equal(seal(sealed, &bench->keys[w->signer], span_of(signers[w->signer].id), span_of(w->event_id),
                          SIGNED_S + w->later_s, span_of(out->payload), &err),
                     0);
    out->payload[strlen(out->payload) - 5] = w->forged ? 'h' : 'H';
    out->headers[0] = (struct header){SPAN(HEADER_ID), span_of(sealed->event_id)};
    out->headers[1] = (struct header){SPAN(HEADER_TIMESTAMP), span_of(sealed->timestamp)};
    out->headers[2] = (struct header){SPAN(HEADER_SIGNATURE), span_of(sealed->signature)};
    out->headers[3] = (struct header){SPAN(HEADER_KEY), span_of(sealed->key_id)};
    out->headers[4] = (struct header){w->own_header, SPAN("x")};
    out->record = (struct record){.partition = 3,
                                  .offset = w->source,
                                  .key = buf_span(&sealed->routing_key),
                                  .value = span_of(out->payload),
                                  .headers = out->headers,
                                  .header_count = w->own_header.data == NULL ? 4 : 5};
}

static void letter(struct bench *bench, const struct written *w)
{
    struct sealed_record sealed;
    seal_record(bench, w, &sealed);
    const struct record *record = &sealed.record;
    const struct dead_letter_facts facts = {
        .topic = "events", .outcome = w->outcome, .detail = "", .without_value = w->without_value};
    struct dead_letter dead;
    dead_letter_init(&dead, record, &facts);
    resend_letter(&bench->resend, &(struct record){.partition = 3,
                                                   .offset = w->offset,
                                                   .key = record->key,
                                                   .value = dead.value,
                                                   .headers = dead.headers,
                                                   .header_count = dead.header_count});
    dead_letter_done(&dead);
    sealed_done(&sealed.sealed);
}

/* key NULL: of another version. */
static inline void receipt_written(struct bench *bench, enum outcome outcome, int64_t offset, const char *event_id,
                                   int64_t finished_at_ms, const unsigned char *key, int64_t signed_at_s)
{
    const struct receipt receipt = {.outcome = outcome,
                                    .event_id = span_of(event_id),
                                    .sender = SPAN("backend"),
                                    .topic = SPAN("events"),
                                    .partition = 3,
                                    .offset = offset,
                                    .record_timestamp_ms = SIGNED_S * 1000LL,
                                    .admitted_at_ms = SIGNED_S * 1000LL,
                                    .finished_at_ms = finished_at_ms,
                                    .signed_at_s = signed_at_s};
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

static inline void receipt_with(struct bench *bench, enum outcome outcome, int64_t offset, const char *event_id,
                                int64_t finished_at_ms, const unsigned char *key)
{
    receipt_written(bench, outcome, offset, event_id, finished_at_ms, key, SIGNED_S);
}

static inline void receipt_signed(struct bench *bench, enum outcome outcome, int64_t offset, const char *event_id,
                                  int64_t signed_at_s)
{
    receipt_written(bench, outcome, offset, event_id, SIGNED_S * 1000LL, mac_key, signed_at_s);
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
static inline void expect_one(struct bench *bench, const struct written *w, enum resend_verdict verdict)
{
    letter(bench, w);
    resend_letters_end(&bench->resend);
    receipt(bench, w->outcome, w->source, w->event_id);
    resend_finish(&bench->resend);
    expect(bench, 0, w->offset, verdict);
    assert_int_equal(bench->resend.count, 1);
}

#endif
