#include "cmd/verify/report.h"

#include <stdio.h>

#include "base/time_text.h"
#include "base/utf8.h"
#include "cmd/age.h"
#include "cmd/escape.h"
#include "cmd/verify/diagnosis.h"
#include "event/signature.h"

#define SHOWN_MAX 40 /* bytes of a value at either end */

static void label_print(const char *label)
{
    printf("%-15s", label);
}

static void line_print(const char *label, struct span text)
{
    label_print(label);
    escape_print(stdout, text);
    putchar('\n');
}

static void time_print(const char *label, int64_t at_ms, int64_t now_ms)
{
    char text[21], age[AGE_TEXT];
    time_text_write(text, at_ms);
    age_write(age, at_ms - now_ms);
    label_print(label);
    printf("%s, %s%s", text, age, at_ms > now_ms ? " from now by this machine's clock" : " ago by this machine's clock");
}

static void report_signed_bytes(const struct report *report, const struct envelope *envelope)
{
    struct span value = report->record->value;
    label_print("signed bytes");
    printf("%zu: webhook-id (%zu) . webhook-timestamp (%zu) . value (%zu)\n",
           envelope->event_id.size + envelope->timestamp_text.size + value.size + 2, envelope->event_id.size,
           envelope->timestamp_text.size, value.size);
    label_print("");
    printf("%.*s.%.*s.", SPAN_ARGS(envelope->event_id), SPAN_ARGS(envelope->timestamp_text));
    if (report->show_signed || value.size <= 2 * SHOWN_MAX) {
        escape_print_exact(stdout, value);
    } else {
        size_t head = utf8_whole((struct span){value.data, SHOWN_MAX}), tail = value.size - SHOWN_MAX;
        while (((unsigned char)value.data[tail] & 0xc0) == 0x80) /* not within a character */
            tail--;
        escape_print_exact(stdout, (struct span){value.data, head});
        fputs(" ... ", stdout);
        escape_print_exact(stdout, span_skip(value, tail));
    }
    putchar('\n');
}

static void report_key(const struct envelope *envelope, const struct keyring_entry *entry)
{
    label_print("key");
    printf("%.*s: ", SPAN_ARGS(envelope->key_id));
    if (entry == NULL)
        puts("not in the keyring");
    else
        printf("sender %s, %s%s\n", entry->sender,
               entry->key.kind == KEY_HMAC ? "HMAC (v1)" : "ed25519 (v1a)",
               entry->revoked ? ", revoked" : "");
}

static bool report_signature(const struct report *report, const struct envelope *envelope,
                             const struct keyring_entry *entry)
{
    bool good = entry != NULL && signature_check(&entry->key, envelope, report->record->value);
    line_print("signature", good            ? SPAN("good")
                            : entry == NULL ? SPAN("cannot be told without the key")
                                            : SPAN("bad"));
    if (good)
        return true;
    const struct diagnosis_question question = {report->record, envelope, report->keyring, entry};
    struct buf diagnosis;
    buf_init(&diagnosis, 1024);
    if (diagnosis_of_signature(&question, &diagnosis))
        line_print("what differs", buf_span(&diagnosis));
    else if (entry != NULL)
        line_print("what differs",
                   SPAN("not one of the common mistakes: the key, or the bytes (compare --show-signed "
                        "with what your program signs)"));
    buf_done(&diagnosis);
    return false;
}

static void report_partition(const struct report *report)
{
    const struct record *record = report->record;
    if (report->partition_count == 0)
        return;
    int32_t wanted = partitioner_partition(report->partitioner, record->key, report->partition_count);
    label_print("partition");
    if (record->partition < 0)
        printf("its key belongs in %d of %d\n", (int)wanted, (int)report->partition_count);
    else if (record->partition == wanted)
        printf("%d of %d, where its key belongs\n", (int)wanted, (int)report->partition_count);
    else
        printf("%d of %d, but its key belongs in %d: set %s in a librdkafka producer, the like elsewhere\n",
               (int)record->partition, (int)report->partition_count, (int)wanted,
               partitioner_setting(report->partitioner));
}

static void report_routing_key(const struct report *report, const struct payload *payload)
{
    struct buf wanted;
    buf_init(&wanted, 4096);
    payload_routing_key(payload, &wanted);
    label_print("routing key");
    escape_print_exact(stdout, buf_span(&wanted));
    if (!span_equal(buf_span(&wanted), report->record->key)) {
        fputs(" belongs to this payload, but the record key is ", stdout);
        if (report->record->key.data == NULL)
            fputs("null", stdout);
        else
            escape_print_exact(stdout, report->record->key);
    }
    putchar('\n');
    buf_done(&wanted);
}

static void report_payload(const struct report *report, const struct envelope *envelope,
                           const struct keyring_entry *entry)
{
    struct payload payload;
    struct detail detail;
    if (payload_read(report->record->value, &payload, &detail) != OUTCOME_NONE) {
        line_print("payload", span_of(detail.text));
        return;
    }
    line_print("payload", SPAN("of its form"));
    label_print("account");
    printf("%.*s", SPAN_ARGS(payload.account));
    if (entry != NULL)
        printf(keyring_entry_grants(entry, payload.account) ? ", granted to key %s"
                                                            : ", not granted to key %s",
               entry->id);
    putchar('\n');
    report_routing_key(report, &payload);
    report_partition(report);
    if (envelope != NULL) {
        time_print("signed at", envelope->timestamp_s * 1000, report->now_ms);
        putchar('\n');
        time_print("expires at", (envelope->timestamp_s + payload.ttl_s) * 1000, report->now_ms);
        printf(" (ttl %lld s)\n", (long long)payload.ttl_s);
    }
    payload_done(&payload);
}

static bool account_exists(const void *accounts, struct span name)
{
    (void)accounts;
    (void)name;
    return true;
}

static enum outcome report_outcome(const struct report *report)
{
    const struct event_rules rules = {.keyring = report->keyring,
                                      .partitioner = report->partitioner,
                                      .partition_count =
                                          report->record->partition < 0 ? 0 : report->partition_count,
                                      .account_exists = account_exists};
    struct event event;
    struct detail detail;
    enum outcome outcome = event_open(&event, report->record, &rules, &detail);
    if (outcome == OUTCOME_NONE)
        outcome = event_judge(event.entry, event.envelope.timestamp_s, event.payload.ttl_s,
                              report->admitted_at_ms, &detail);
    event_done(&event);
    label_print("outcome");
    if (outcome == OUTCOME_NONE) {
        printf("admitted, unless it is a duplicate or the worker has no such account\n");
        return outcome;
    }
    printf("%s (%s): ", outcome_word(outcome), outcome_reason(outcome));
    escape_print(stdout, span_of(detail.text));
    putchar('\n');
    return outcome;
}

enum outcome report_print(const struct report *report)
{
    struct envelope envelope;
    struct detail detail;
    struct buf diagnosis;
    if (envelope_open(report->record, &envelope, &detail) == OUTCOME_NONE) {
        const struct keyring_entry *entry = keyring_find(report->keyring, envelope.key_id);
        report_signed_bytes(report, &envelope);
        report_key(&envelope, entry);
        report_signature(report, &envelope, entry);
        report_payload(report, &envelope, entry);
        time_print("admitted at", report->admitted_at_ms, report->now_ms);
        putchar('\n');
    } else {
        line_print("headers", span_of(detail.text));
        buf_init(&diagnosis, 1024);
        if (diagnosis_of_headers(report->record, &diagnosis))
            line_print("what differs", buf_span(&diagnosis));
        buf_done(&diagnosis);
        report_payload(report, NULL, NULL);
    }
    return report_outcome(report);
}
