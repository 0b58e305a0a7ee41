#include <stdio.h>

#include "base/json.h"
#include "cmd/escape.h"
#include "cmd/verify/diagnosis.h"
#include "cmd/why/print.h"
#include "cmd/why/remarks.h"
#include "event/traceparent.h"

static void line_print(json_t *object)
{
    escape_print_object(stdout, object);
    json_decref(object);
}

/* What is no UTF-8 is null. */
static void put_text(json_t *object, const char *name, struct span text)
{
    json_t *value = json_stringn(text.data == NULL ? "" : text.data, text.size);
    json_object_set_new(object, name, value == NULL ? json_null() : value);
}

static void put_number(json_t *object, const char *name, int64_t number)
{
    json_object_set_new(object, name, json_integer(number));
}

static void put_flag(json_t *object, const char *name, bool flag)
{
    json_object_set_new(object, name, json_boolean(flag));
}

static void put_outcome(json_t *object, enum outcome outcome)
{
    if (outcome == OUTCOME_NONE)
        return;
    put_text(object, "outcome", span_of(outcome_word(outcome)));
    if (outcome_reason(outcome)[0] != 0)
        put_text(object, "reason", span_of(outcome_reason(outcome)));
}

/* ---- moments ---- */

static void put_signature(json_t *object, const struct why_told *told, const struct life_moment *moment)
{
    struct envelope envelope;
    struct payload payload;
    struct detail detail;
    if (envelope_open(moment->record, &envelope, &detail) != OUTCOME_NONE)
        return;
    const struct keyring_entry *entry = keyring_find(told->keyring, envelope.key_id);
    put_text(object, "key_id", envelope.key_id);
    put_number(object, "signed_at", envelope.timestamp_s);
    if (entry != NULL && moment->outcome != OUTCOME_BAD_SIGNATURE)
        put_text(object, "sender", span_of(entry->sender));
    if (moment->event == LIFE_NO_EVENT || payload_read(moment->record->value, &payload, &detail) != OUTCOME_NONE)
        return;
    put_number(object, "expires_at", envelope.timestamp_s + payload.ttl_s);
    payload_done(&payload);
}

static void put_verification(json_t *object, const struct why_told *told, const struct life_moment *moment)
{
    struct buf differs;
    json_t *verification = json_object();
    put_flag(verification, "good", moment->outcome == OUTCOME_NONE);
    put_outcome(verification, moment->outcome);
    if (moment->outcome != OUTCOME_NONE)
        put_text(verification, "detail", span_of(moment->detail.text));
    buf_init(&differs, 1024);
    if (diagnosis_of_record(moment->record, told->keyring, &differs))
        put_text(verification, "differs", buf_span(&differs));
    buf_done(&differs);
    json_object_set_new(object, "verification", verification);
}

static void moment_print(const struct why_told *told, const struct life_moment *moment)
{
    static const char *const kinds[] = {[LIFE_RECORD] = "record", [LIFE_LETTER] = "dead_letter", [LIFE_RECEIPT] = "receipt"};
    json_t *object = json_object();
    put_text(object, "kind", span_of(kinds[moment->kind]));
    json_object_set_new(object, "event",
                        moment->event == LIFE_NO_EVENT ? json_null() : json_integer((json_int_t)moment->event + 1));
    put_number(object, "partition", moment->partition);
    put_number(object, "offset", moment->offset);
    put_number(object, "timestamp", moment->time_ms);
    if (moment->kind == LIFE_RECORD) {
        struct span traceparent = traceparent_of(moment->record);
        put_number(object, "size", (int64_t)why_record_size(moment->record));
        if (traceparent.data != NULL)
            put_text(object, HEADER_TRACEPARENT, traceparent);
        put_flag(object, "authentic", moment->event != LIFE_NO_EVENT);
        put_flag(object, "repetition", moment->repeated);
        put_flag(object, "sent_again", moment->sent_again);
        put_signature(object, told, moment);
        put_verification(object, told, moment);
    } else {
        put_number(object, "of_offset", moment->of_offset);
        put_outcome(object, moment->outcome);
    }
    if (moment->kind == LIFE_RECEIPT) {
        put_flag(object, "untruthful", moment->untruthful);
        json_object_set(object, "receipt", moment->root);
    }
    line_print(object);
}

/* ---- what is to be said ---- */

static void put_verdict(json_t *object, enum life_verdict verdict, enum outcome outcome)
{
    put_text(object, "verdict", span_of(life_word(verdict, outcome)));
    if (verdict == LIFE_ENDED && outcome_reason(outcome)[0] != 0)
        put_text(object, "reason", span_of(outcome_reason(outcome)));
    put_text(object, "text", span_of(life_text(verdict, outcome)));
    put_text(object, "advice", span_of(life_advice(verdict, outcome)));
}

static void put_shown(json_t *object, const struct look_found *shown)
{
    static const char *const words[] = {[SHOWN_NOT_READ] = "not_read", [SHOWN_THERE] = "there", [SHOWN_ABSENT] = "absent"};
    json_t *papercups = json_object();
    put_text(papercups, "message", span_of(words[shown->shown]));
    if (shown->shown == SHOWN_NOT_READ)
        put_text(papercups, "why", span_of(shown->why.text));
    if (shown->id.text[0] != 0)
        put_text(papercups, "message_id", span_of(shown->id.text));
    if (shown->shown == SHOWN_THERE && shown->id.text[0] != 0) {
        put_flag(papercups, "whole", shown->seen.whole);
        json_object_set_new(papercups, "seen_at", shown->seen.at[0] == 0 ? json_null() : json_string(shown->seen.at));
    }
    json_object_set_new(object, "papercups", papercups);
}

static void event_print(const struct why_told *told, size_t index)
{
    const struct life_event *event = &told->life->events[index];
    json_t *object = json_object();
    put_text(object, "kind", SPAN("event"));
    put_number(object, "event", (int64_t)index + 1);
    put_text(object, "sender", span_of(event->sender));
    put_text(object, "routing_key", (struct span){event->key, event->key_size});
    put_verdict(object, event->verdict, event->outcome);
    if (event->offset >= 0) {
        put_number(object, "partition", event->partition);
        put_number(object, "of_offset", event->offset);
    }
    if (event->looked_for)
        put_shown(object, &told->shown[index]);
    line_print(object);
}

static void remark_add(void *remarks, const char *sentence)
{
    json_array_append_new(remarks, json_string(sentence));
}

void why_print_json(const struct why_told *told)
{
    static const char *const levels[] = {
        [LIFE_LEVEL_FINE] = "fine", [LIFE_LEVEL_UNTOLD] = "not_all_read", [LIFE_LEVEL_WRONG] = "wrong"};
    const struct life *life = told->life;
    for (size_t i = 0; i < life->moment_count; i++)
        moment_print(told, &life->moments[i]);
    for (size_t i = 0; i < life->event_count; i++)
        event_print(told, i);
    json_t *sum = json_object(), *remarks = json_array();
    put_text(sum, "kind", SPAN("sum"));
    put_text(sum, "event_id", life->rules.event_id);
    put_number(sum, "events", (int64_t)life->event_count);
    put_text(sum, "level", span_of(levels[life_level(life)]));
    if (life->forged != LIFE_VERDICTS)
        put_verdict(sum, life->forged, life->forged_outcome);
    if (life->none != LIFE_VERDICTS)
        put_verdict(sum, life->none, OUTCOME_NONE);
    why_remarks(told, remark_add, remarks);
    json_object_set_new(sum, "remarks", remarks);
    line_print(sum);
}
