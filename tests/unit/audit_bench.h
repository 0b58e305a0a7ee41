/* One partition's audit, and what is fed to it. */
#ifndef UNIT_AUDIT_BENCH_H
#define UNIT_AUDIT_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "receipt/receipt.h"

#define EVENTS   "events"
#define RECEIPTS "receipts"
#define T0       1764000000000 /* when the record at offset 0 was stamped; each further one a second later */
#define WINDOW   3600000
#define HOUR     3600000

static const unsigned char mac_keys[2][32] = {"the key that is in use now......",
                                              "and the one that was before it.."};

struct bench {
    struct audit audit;
    struct audit_rules rules;
};

/* A log of the offsets from 0 to before `end`, all of it in the span, of which the group has committed `committed`. */
static inline void begin(struct bench *bench, int64_t end, int64_t committed)
{
    bench->rules = (struct audit_rules){
        .ledger = {.events_topic = EVENTS,
                 .receipts_topic = RECEIPTS,
                 .partition = 3,
                 .hash_key = "0123456789abcde",
                 .mac_key_count = 2},
        .log_end = end,
        .end = end,
        .committed = committed,
        .since_ms = INT64_MIN,
        .until_ms = INT64_MAX,
        .window_ms = WINDOW,
    };
    memcpy(bench->rules.ledger.mac_keys, mac_keys, sizeof(mac_keys));
    audit_init(&bench->audit, &bench->rules);
}

static inline int setup(void **state)
{
    static struct bench bench;
    *state = &bench;
    return 0;
}

static inline int teardown(void **state)
{
    audit_done(&((struct bench *)*state)->audit);
    return 0;
}

static inline void record(struct bench *bench, int64_t offset, const char *key, const char *event_id)
{
    const struct header header = {SPAN("webhook-id"), span_of(event_id)};
    audit_record(&bench->audit, &(struct record){.partition = 3,
                                                 .offset = offset,
                                                 .timestamp_ms = T0 + offset * 1000,
                                                 .key = span_of(key),
                                                 .headers = &header,
                                                 .header_count = event_id != NULL});
}

/* The receipt of such a record. */
static inline struct receipt receipt_of(enum outcome outcome, int64_t offset, const char *event_id)
{
    return (struct receipt){.outcome = outcome,
                            .event_id = span_of(event_id),
                            .sender = event_id == NULL ? SPAN_NONE : SPAN("backend"),
                            .topic = SPAN(EVENTS),
                            .partition = 3,
                            .offset = offset,
                            .record_timestamp_ms = T0 + offset * 1000,
                            .admitted_at_ms = T0 + offset * 1000,
                            .finished_at_ms = T0 + offset * 1000 + 50};
}

/* mac_key NULL: of another version. */
static inline void receipt_with(struct bench *bench, const struct receipt *receipt, const char *key,
                                const unsigned char *mac_key)
{
    char code[RECEIPT_MAC_TEXT] = "v2,as it is made then";
    struct buf json;
    buf_init(&json, RECEIPT_SIZE_MAX);
    receipt_write(&json, receipt);
    if (mac_key != NULL)
        receipt_mac(mac_key, SPAN(RECEIPTS), 3, span_of(key), buf_span(&json), code);
    const struct header header = {SPAN(RECEIPT_MAC), span_of(code)};
    audit_receipt(&bench->audit, &(struct record){.partition = 3,
                                                  .key = span_of(key),
                                                  .value = buf_span(&json),
                                                  .headers = &header,
                                                  .header_count = 1});
    buf_done(&json);
}

static inline void receipt(struct bench *bench, enum outcome outcome, int64_t offset, const char *key,
                           const char *event_id)
{
    struct receipt one = receipt_of(outcome, offset, event_id);
    receipt_with(bench, &one, key, mac_keys[0]);
}

static inline void letter(struct bench *bench, const char *key, const char *source, const char *reason)
{
    audit_dead_letter(&bench->audit, span_of(key), span_of(source), span_of(reason));
}

static inline void finish(struct bench *bench)
{
    audit_finish(&bench->audit, INT64_MIN, INT64_MIN);
}

/* The n-th deviation, as it is told. */
static inline void expect_deviation(const struct bench *bench, size_t n, int64_t offset, const char *word,
                                    const char *sentence)
{
    struct buf text;
    assert_true(n < bench->audit.deviations.count);
    const struct deviation *one = &bench->audit.deviations.list[n];
    buf_init(&text, 1024);
    deviation_tell(&text, one);
    assert_int_equal(one->offset, offset);
    assert_string_equal(deviation_word(one->kind), word);
    assert_string_equal(text.data, sentence);
    buf_done(&text);
}

static inline void expect_only(const struct bench *bench, int64_t offset, const char *word,
                               const char *sentence)
{
    expect_deviation(bench, 0, offset, word, sentence);
    assert_int_equal(bench->audit.deviations.count, 1);
}

static inline void expect_none(const struct bench *bench)
{
    if (bench->audit.deviations.count > 0)
        expect_only(bench, -1, "", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
