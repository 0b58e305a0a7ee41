#include "cmd/why/print.h"

#include <stdio.h>

#include "base/json.h"
#include "cmd/escape.h"
#include "cmd/output.h"
#include "cmd/verify/diagnosis.h"
#include "cmd/why/remarks.h"
#include "cmd/why/time.h"
#include "cmd/wrap.h"
#include "event/traceparent.h"

#define INDENT 2
#define LABEL  20 /* where what is said of a thing begins */

static void line_print(const char *label, struct span text)
{
    printf("%*s%-*s", INDENT, "", LABEL - INDENT, label);
    wrap_print(text, LABEL);
}

__attribute__((format(printf, 2, 3))) static void line_printf(const char *label, const char *format, ...)
{
    struct buf text;
    va_list args;
    buf_init(&text, 4096);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    line_print(label, buf_span(&text));
    buf_done(&text);
}

/* ---- records ---- */

static void record_print_signature(const struct why_told *told, const struct life_moment *moment)
{
    struct envelope envelope;
    struct detail detail;
    char at[WHY_TIME_SIZE];
    if (envelope_open(moment->record, &envelope, &detail) != OUTCOME_NONE)
        return;
    const struct keyring_entry *entry = keyring_find(told->keyring, envelope.key_id);
    bool good = moment->outcome != OUTCOME_BAD_SIGNATURE && entry != NULL;
    why_time(at, envelope.timestamp_s * 1000);
    line_printf(good ? "signed by" : "says signed by", "key %.*s%s%s, %s, at %.19sZ", SPAN_ARGS(envelope.key_id),
                good ? " of sender " : "", good ? entry->sender : "",
                entry == NULL                       ? "not in the keyring"
                : entry->key.kind == KEY_HMAC ? "HMAC (v1)"
                                              : "ed25519 (v1a)",
                at);
}

static void record_print_verification(const struct why_told *told, const struct life_moment *moment)
{
    struct buf differs;
    if (moment->outcome == OUTCOME_NONE)
        line_printf("verification", "%s",
                    told->life->rules.truth->stamps_are_brokers
                        ? "good: a worker admits it, unless it is a duplicate"
                        : "the signature is good; whether it came in time a worker says, by its clock: see its receipt");
    else
        line_printf("verification", "%s (%s): %s", outcome_word(moment->outcome), outcome_reason(moment->outcome),
                    moment->detail.text);
    buf_init(&differs, 1024);
    if (diagnosis_of_record(moment->record, told->keyring, &differs))
        line_print("what differs", buf_span(&differs));
    buf_done(&differs);
}

static void record_print_expiry(const struct life_moment *moment)
{
    struct payload payload;
    struct detail detail;
    char at[WHY_TIME_SIZE];
    if (moment->signed_at_s == 0 || payload_read(moment->record->value, &payload, &detail) != OUTCOME_NONE)
        return;
    why_time(at, (moment->signed_at_s + payload.ttl_s) * 1000);
    line_printf("expires at", "%.19sZ (ttl %lld s)", at, (long long)payload.ttl_s);
    payload_done(&payload);
}

size_t why_record_size(const struct record *record)
{
    size_t size = record->key.size + record->value.size;
    for (size_t i = 0; i < record->header_count; i++)
        size += record->headers[i].name.size + record->headers[i].value.size;
    return size;
}

static void record_print(const struct why_told *told, const struct life_moment *moment)
{
    const struct record *record = moment->record;
    size_t size = why_record_size(record);
    line_printf("size", "%zu bytes: key %zu, value %zu, headers %zu", size, record->key.size, record->value.size,
                size - record->key.size - record->value.size);
    struct span traceparent = traceparent_of(record);
    if (traceparent.data != NULL)
        line_printf("trace id", "%.*s (traceparent %.*s, not signed)", SPAN_ARGS(traceparent_trace_id(traceparent)),
                    SPAN_ARGS(traceparent));
    record_print_signature(told, moment);
    if (moment->event != LIFE_NO_EVENT)
        record_print_expiry(moment);
    record_print_verification(told, moment);
}

/* ---- receipts ---- */

/* What stands in the line above, or in the record. */
static bool member_is_told(const char *name)
{
    static const char *const names[] = {"event_id",  "sender", "account",          "outcome",  "reason", "topic",
                                        "partition", "offset", "record_timestamp", "signed_at"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void member_print(const struct life_moment *moment, const char *name)
{
    const json_t *value = json_object_get(moment->root, name);
    size_t size = strlen(name);
    char label[32], at[WHY_TIME_SIZE];
    if (value == NULL || member_is_told(name))
        return;
    snprintf(label, sizeof(label), "%s", name);
    for (char *c = label; *c != 0; c++)
        *c = *c == '_' ? ' ' : *c;
    if (json_is_string(value)) {
        line_print(label, json_span(value));
    } else if (size > 3 && strcmp(name + size - 3, "_at") == 0 && json_integer_value(value) >= 0) {
        why_time(at, json_integer_value(value));
        line_printf(label, "%s", at);
    } else if (json_is_integer(value) && json_integer_value(value) >= 0) {
        line_printf(label, "%lld", (long long)json_integer_value(value));
    }
}

static void receipt_print(const struct life_moment *moment)
{
#define RECEIPT_WORD(name, part)                        member_print(moment, name);
#define RECEIPT_TEXT(name, member)                      member_print(moment, name);
#define RECEIPT_NUMBER(name, member, type, least, most) member_print(moment, name);
#define RECEIPT_OPTIONAL(name, member, type, least)     member_print(moment, name);
#define RECEIPT_WRITTEN_TEXT(name, member)              member_print(moment, name);
#define RECEIPT_WRITTEN_NUMBER(name, member, least)     member_print(moment, name);
#include "receipt/receipt_member.def"
    if (moment->untruthful)
        line_printf("but", "this is not true of its record: %s", deviation_advice(DEVIATION_UNTRUTHFUL_RECEIPT));
}

/* ---- moments ---- */

static void outcome_add(struct buf *line, enum outcome outcome)
{
    const char *reason = outcome_reason(outcome);
    buf_printf(line, ": %s%s%s%s", outcome == OUTCOME_NONE ? "of a reason that is not known" : outcome_word(outcome),
               reason[0] != 0 ? " (" : "", reason, reason[0] != 0 ? ")" : "");
}

static void moment_print(const struct why_told *told, const struct life_moment *moment)
{
    static const char *const kinds[] = {[LIFE_RECORD] = "record", [LIFE_LETTER] = "dead letter", [LIFE_RECEIPT] = "receipt"};
    char at[WHY_TIME_SIZE];
    struct buf line;
    buf_init(&line, 1024);
    why_time(at, moment->time_ms);
    printf("\n%s  ", at);
    buf_printf(&line, "%s %d/%lld", kinds[moment->kind], (int)moment->partition, (long long)moment->offset);
    if (moment->kind != LIFE_RECORD && moment->of_offset >= 0)
        buf_printf(&line, " of record %d/%lld", (int)moment->partition, (long long)moment->of_offset);
    if (moment->kind != LIFE_RECORD)
        outcome_add(&line, moment->outcome);
    if (moment->kind != LIFE_RECEIPT && moment->event == LIFE_NO_EVENT)
        buf_add_text(&line, ", NOT AUTHENTIC");
    else if (moment->sent_again || moment->repeated)
        buf_add_text(&line, moment->sent_again ? ", sent again" : ", a repetition");
    if (told->life->event_count > 1 && moment->event != LIFE_NO_EVENT)
        buf_printf(&line, " [event %zu]", moment->event + 1);
    wrap_print(buf_span(&line), WHY_TIME_SIZE - 1 + 2);
    buf_done(&line);
    if (moment->kind == LIFE_RECORD)
        record_print(told, moment);
    else if (moment->kind == LIFE_RECEIPT)
        receipt_print(moment);
}

static void event_name(struct buf *line, const struct life *life, const struct life_event *event)
{
    struct span id = life->rules.event_id;
    buf_printf(line, "event %.*s of sender %s to %.*s", SPAN_ARGS(id), event->sender, (int)event->key_size, event->key);
}

static void events_print(const struct life *life)
{
    struct buf line;
    buf_init(&line, 4096);
    if (life->event_count == 0 && life->moment_count > 0)
        buf_printf(&line, "event id %.*s: nothing that has it is authentic", SPAN_ARGS(life->rules.event_id));
    if (life->event_count == 0 && life->moment_count > 0)
        wrap_print(buf_span(&line), 0);
    if (life->event_count > 1)
        printf("%zu events have this id: of each sender and each recipient it is another one\n", life->event_count);
    for (size_t i = 0; i < life->event_count; i++) {
        if (life->event_count > 1)
            buf_printf(&line, "[event %zu] ", i + 1);
        event_name(&line, life, &life->events[i]);
        wrap_print(buf_span(&line), 0);
        buf_clear(&line);
    }
    buf_done(&line);
}

/* ---- what is to be said ---- */

static void shown_print(const struct look_found *shown)
{
    char seen[64];
    snprintf(seen, sizeof(seen), "seen at %s", shown->seen.at);
    if (shown->shown == SHOWN_NOT_READ)
        line_printf("in Papercups", "not read: %s", shown->why.text);
    else if (shown->shown == SHOWN_ABSENT)
        line_printf("in Papercups", "the message is in none of the customer's conversations");
    else if (shown->id.text[0] == 0)
        line_printf("in Papercups", "the message is there; by itself it was not read");
    else
        line_printf("in Papercups", "the message is there, %s; %s", shown->seen.whole ? "whole" : "changed",
                    shown->seen.at[0] != 0 ? seen : "no open widget has said that it was seen, which need not mean that nobody has");
}

static void waiting_print(const struct life *life, const struct life_event *event)
{
    for (size_t i = 0; i < life->partition_count; i++) {
        const struct life_partition *one = &life->partitions[i];
        if (one->id != event->partition || !one->committed_known)
            continue;
        if (one->committed < 0)
            line_printf("the group", "has not committed anything of partition %d", (int)one->id);
        else
            line_printf("the group", "has come to offset %lld of partition %d; the record is at %lld, the log ends at %lld",
                        (long long)one->committed, (int)one->id, (long long)event->offset, (long long)one->log_end);
    }
}

static void verdict_print(const struct why_told *told, const char *of, enum life_verdict verdict, enum outcome outcome)
{
    static const enum tone tones[] = {
        [LIFE_LEVEL_FINE] = TONE_GOOD, [LIFE_LEVEL_UNTOLD] = TONE_DOUBTFUL, [LIFE_LEVEL_WRONG] = TONE_BAD};
    struct buf line;
    const char *reason = verdict == LIFE_ENDED ? outcome_reason(outcome) : "", *advice = life_advice(verdict, outcome);
    buf_init(&line, 8192);
    buf_printf(&line, "%s%s%s%s%s: %s", of, life_word(verdict, outcome), reason[0] != 0 ? " (" : "", reason,
               reason[0] != 0 ? ")" : "", life_text(verdict, outcome));
    if (verdict != told->life->none)
        putchar('\n');
    output_tone(stdout, tones[life_level_of(verdict)]);
    wrap_print(buf_span(&line), 0);
    output_tone(stdout, TONE_PLAIN);
    if (advice[0] != 0)
        line_print("what to do", span_of(advice));
    buf_done(&line);
}

static void event_print(const struct why_told *told, size_t index)
{
    const struct life_event *event = &told->life->events[index];
    char of[32] = "";
    if (told->life->event_count > 1)
        snprintf(of, sizeof(of), "[event %zu] ", index + 1);
    verdict_print(told, of, event->verdict, event->outcome);
    if (event->verdict == LIFE_WAITING)
        waiting_print(told->life, event);
    if (event->looked_for)
        shown_print(&told->shown[index]);
    else if (event->verdict == LIFE_DELIVERED)
        line_printf("in Papercups", "not asked: --papercups looks whether the message is there, whole, and was seen");
    if (event->held_record == SIZE_MAX)
        line_printf("its record", "is not in what was read: deleted by retention, or left out by --since or --until");
}

static void remark_print(void *context, const char *sentence)
{
    (void)context;
    wrap_print(span_of(sentence), 0);
}

void why_print(const struct why_told *told)
{
    const struct life *life = told->life;
    events_print(life);
    for (size_t i = 0; i < life->moment_count; i++)
        moment_print(told, &life->moments[i]);
    for (size_t i = 0; i < life->event_count; i++)
        event_print(told, i);
    if (life->forged != LIFE_VERDICTS)
        verdict_print(told, "", life->forged, life->forged_outcome);
    if (life->none != LIFE_VERDICTS)
        verdict_print(told, "", life->none, OUTCOME_NONE);
    why_remarks(told, remark_print, NULL);
}
