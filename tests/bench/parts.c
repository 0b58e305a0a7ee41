#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "bench/bench.h"
#include "bench/sample.h"
#include "event/event.h"
#include "event/seal.h"
#include "event/signature.h"
#include "receipt/receipt.h"

#define RECORDS 1000 /* enough that no cache line of one is warm for the next */
#define LOOP_MS 500

/* Signed events as a worker reads them from Kafka. */
struct signed_record {
    char payload[BENCH_PAYLOAD_MAX];
    struct sealed sealed;
    struct header headers[4];
    struct record record;
};

struct parts {
    struct signed_record *records;
    struct key key; /* as in the worker's keyring */
    struct keyring *keyring;
    unsigned char mac_key[32];
};

static void record_make(struct signed_record *one, const struct key *key, int64_t number)
{
    char id[32];
    struct err err;
    size_t size = bench_payload(number, one->payload);
    snprintf(id, sizeof(id), "bench-%09lld", (long long)number);
    if (seal(&one->sealed, key, SPAN("bench-1"), span_of(id), time(NULL), (struct span){one->payload, size},
             &err) != 0)
        bench_fail("%s", err.text);
    one->headers[0] = (struct header){SPAN(HEADER_ID), span_of(one->sealed.event_id)};
    one->headers[1] = (struct header){SPAN(HEADER_TIMESTAMP), span_of(one->sealed.timestamp)};
    one->headers[2] = (struct header){SPAN(HEADER_SIGNATURE), span_of(one->sealed.signature)};
    one->headers[3] = (struct header){SPAN(HEADER_KEY), span_of(one->sealed.key_id)};
    one->record = (struct record){.timestamp_ms = (int64_t)time(NULL) * 1000,
                                  .key = buf_span(&one->sealed.routing_key),
                                  .value = {one->payload, size},
                                  .headers = one->headers,
                                  .header_count = 4};
}

static void parts_make(struct parts *parts, const char *key_file)
{
    static const unsigned char hash_key[16];
    char text[BENCH_TEXT_MAX];
    struct err err;
    struct key secret;
    if (key_read(bench_file(key_file, text), &secret, &err) != 0)
        bench_fail("%s: %s", key_file, err.text);
    *parts = (struct parts){.records = mem_new(RECORDS, sizeof(*parts->records)),
                            .keyring = keyring_read(SPAN("{\"keys\":[]}"), hash_key, &err)};
    if (parts->keyring == NULL)
        bench_fail("%s", err.text);
    for (int64_t i = 0; i < RECORDS; i++)
        record_make(&parts->records[i], &secret, i);
    if (secret.kind == KEY_HMAC)
        parts->key = secret;
    else if (key_public(&secret, &parts->key, &err) != 0)
        bench_fail("%s", err.text);
    else
        key_done(&secret);
}

static void parts_done(struct parts *parts)
{
    for (size_t i = 0; i < RECORDS; i++)
        sealed_done(&parts->records[i].sealed);
    free(parts->records);
    keyring_free(parts->keyring);
    key_done(&parts->key);
}

/* ---- the parts ---- */

static void part_verify(const struct parts *parts, const struct record *record)
{
    struct envelope envelope;
    struct detail detail;
    bool good = envelope_open(record, &envelope, &detail) == OUTCOME_NONE &&
                signature_check(&parts->key, &envelope, record->value);
    assert(good);
}

static void part_parse(const struct parts *parts, const struct record *record)
{
    struct payload payload;
    struct detail detail;
    (void)parts;
    bool good = payload_read(record->value, &payload, &detail) == OUTCOME_NONE;
    assert(good);
    payload_done(&payload);
}

static void part_receipt(const struct parts *parts, const struct record *record)
{
    struct buf out;
    char mac[RECEIPT_MAC_TEXT];
    sample_receipt(record->headers[0].value, record->offset, &out);
    receipt_mac(parts->mac_key, SPAN("cupbearer.receipts"), 7, record->key, buf_span(&out), mac);
    buf_done(&out);
}

static bool no_account(const void *accounts, struct span name)
{
    (void)accounts, (void)name;
    return false;
}

static void part_unknown_key(const struct parts *parts, const struct record *record)
{
    static const struct event_rules none = {.account_exists = no_account};
    struct event_rules rules = none;
    struct event event;
    struct detail detail;
    rules.keyring = parts->keyring;
    enum outcome outcome = event_open(&event, record, &rules, &detail);
    assert(outcome == OUTCOME_UNKNOWN_KEY);
    event_done(&event);
}

/* µs of CPU for one, the best of three: what disturbs the machine only ever adds. */
static double part_cost(const struct parts *parts,
                        void (*part)(const struct parts *parts, const struct record *record))
{
    double best = 0;
    for (int i = 0; i < 3; i++) {
        int64_t began = bench_cpu_ns(), ended = began, count = 0;
        for (; ended - began < LOOP_MS * (int64_t)1000000 / 3; ended = bench_cpu_ns(), count += RECORDS)
            for (size_t n = 0; n < RECORDS; n++)
                part(parts, &parts->records[n].record);
        double cost = (double)(ended - began) / 1000 / (double)count;
        best = i == 0 || cost < best ? cost : best;
    }
    return best;
}

void bench_parts(int argc, char **argv)
{
    struct parts parts;
    (void)argc;
    if (sodium_init() < 0)
        bench_fail("libsodium cannot start");
    parts_make(&parts, argv[0]);
    printf("verify_hmac=%.2f ", part_cost(&parts, part_verify));
    printf("parse=%.2f ", part_cost(&parts, part_parse));
    printf("receipt=%.2f ", part_cost(&parts, part_receipt));
    printf("unknown_key=%.2f ", part_cost(&parts, part_unknown_key));
    parts_done(&parts);
    parts_make(&parts, argv[1]);
    printf("verify_ed25519=%.2f\n", part_cost(&parts, part_verify));
    parts_done(&parts);
}
