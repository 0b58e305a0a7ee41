/* A record as it comes from Kafka, any bytes in all its parts, and what is written of it where it is refused. The
 * input's parts stand between bytes 0x01: how to sign, key, value, names and values of headers. How to sign: "s" puts
 * the right signature into webhook-signature, "n" makes values without a byte null, all else leaves it as it is. */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

#include "event/event.h"
#include "event/signature.h"
#include "event/traceparent.h"
#include "fuzz/fuzz.h"
#include "receipt/dead_letter.h"
#include "receipt/receipt.h"

#define HEADERS_MAX (ENVELOPE_HEADERS_MAX + 2)

static const char keys[] =
    "{\"keys\":[{\"id\":\"backend-1\",\"sender\":\"backend\",\"key\":"
    "\"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"accounts\":[\"acme\"]}]}";

static bool account_exists(const void *accounts, struct span name)
{
    (void)accounts;
    return span_equal(name, SPAN("acme"));
}

static const struct keyring *keyring_get(void)
{
    static const unsigned char hash_key[16];
    static struct keyring *keyring;
    if (keyring == NULL &&
        (sodium_init() < 0 || (keyring = keyring_read(span_of(keys), hash_key, NULL)) == NULL))
        abort();
    return keyring;
}

static void sign(struct record *record, struct header *headers, char signature[SIGNATURE_TEXT_MAX])
{
    const struct key *key = &keyring_find(keyring_get(), SPAN("backend-1"))->key;
    struct span id = SPAN_NONE, timestamp = SPAN_NONE;
    struct header *place = NULL;
    for (size_t i = 0; i < record->header_count; i++)
        if (span_equal(headers[i].name, SPAN(HEADER_ID)))
            id = headers[i].value;
        else if (span_equal(headers[i].name, SPAN(HEADER_TIMESTAMP)))
            timestamp = headers[i].value;
        else if (span_equal(headers[i].name, SPAN(HEADER_SIGNATURE)))
            place = &headers[i];
    if (place == NULL || signature_make(key, id, timestamp, record->value, signature) != 0)
        return;
    place->value = span_of(signature);
}

static void write_refusal(const struct record *record, const struct event *event, enum outcome outcome,
                          const struct detail *detail)
{
    const struct dead_letter_facts facts = {.topic = "events",
                                            .outcome = outcome,
                                            .detail = detail->text,
                                            .without_value = record->value.size > 64};
    const struct receipt receipt = {.outcome = outcome,
                                    .event_id = event->authentic ? event->envelope.event_id : SPAN_NONE,
                                    .detail = span_of(detail->text),
                                    .traceparent = traceparent_of(record),
                                    .topic = SPAN("events")};
    struct dead_letter letter;
    struct receipt again;
    json_t *root = NULL;
    struct buf text;
    dead_letter_init(&letter, record, &facts);
    dead_letter_done(&letter);
    buf_init(&text, RECEIPT_SIZE_MAX);
    receipt_write(&text, &receipt);
    if (text.failed || receipt_read(buf_span(&text), &again, &root, NULL) != 0 || again.outcome != outcome ||
        !span_equal(again.detail, receipt.detail))
        abort();
    json_decref(root);
    buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct event_rules rules = {
        .keyring = keyring_get(), .partition_count = 6, .account_exists = account_exists};
    struct span rest = {(const char *)data, size};
    struct header headers[HEADERS_MAX];
    char signature[SIGNATURE_TEXT_MAX];
    struct span how = span_cut(&rest, 1);
    struct record record = {.headers = headers};
    record.key = span_cut(&rest, 1);
    record.value = span_cut(&rest, 1);
    while (rest.data != NULL && record.header_count < HEADERS_MAX) {
        struct header *header = &headers[record.header_count++];
        header->name = span_cut(&rest, 1);
        header->value = span_cut(&rest, 1);
        if (span_equal(how, SPAN("n")) && header->value.size == 0)
            header->value = SPAN_NONE;
    }
    if (span_equal(how, SPAN("s")))
        sign(&record, headers, signature);
    record.partition = partitioner_partition(PARTITIONER_MURMUR2, record.key, rules.partition_count);

    struct record *copy = record_copy(&record);
    struct event event;
    struct detail detail;
    enum outcome outcome = event_open(&event, copy, &rules, &detail);
    if (outcome != OUTCOME_NONE)
        write_refusal(copy, &event, outcome, &detail);
    else
        event_judge(event.entry, event.envelope.timestamp_s, event.payload.ttl_s, 1767225600000, &detail);
    event_done(&event);
    struct span traceparent = traceparent_of(copy);
    if (traceparent.data != NULL && (traceparent.size != TRACEPARENT_SIZE || !span_only(traceparent, "0123456789abcdef-")))
        abort();
    free(copy);
    return 0;
}
