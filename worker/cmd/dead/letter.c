#include "cmd/dead/letter.h"

#include "base/json.h"
#include "cmd/escape.h"
#include "receipt/dead_letter.h"

#define JSON_SIZE_MAX (64u << 20) /* a record of ten MiB, each byte of it escaped */

static int64_t header_number(const struct record *record, const char *name)
{
    int64_t number;
    return span_number(record_header_last(record, name), 18, &number) ? number : -1;
}

void letter_facts(const struct desk_letter *letter, struct letter_facts *out)
{
    const struct event *event = &letter->opened->event;
    const struct record *own = &letter->opened->record;
    struct span key = own->key;
    *out = (struct letter_facts){
        .event_id = record_header(own, HEADER_ID),
        .key_id = record_header(own, HEADER_KEY),
        .account = span_cut(&key, '/'),
        .detail = record_header_last(letter->record, DEAD_LETTER_DETAIL),
        .failed_at_ms = header_number(letter->record, DEAD_LETTER_FAILED_AT),
        .signed_at_s = header_number(own, HEADER_TIMESTAMP),
        .attempts = header_number(letter->record, DEAD_LETTER_ATTEMPTS),
    };
    if (event->authentic)
        out->sender = event->entry->sender;
    if (event->authentic && event->has_payload)
        out->account = event->payload.account;
}

/* ---- for programs ---- */

json_t *letter_text(struct span text)
{
    struct buf json;
    if (text.data == NULL)
        return json_null();
    buf_init(&json, JSON_SIZE_MAX);
    json_write_string(&json, text); /* which makes UTF-8 of it */
    json_t *value = json_loadb(json.data, json.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    buf_done(&json);
    return value;
}

static void put_text(json_t *object, const char *name, struct span text)
{
    if (text.data != NULL)
        json_object_set_new(object, name, letter_text(text));
}

static void put_number(json_t *object, const char *name, int64_t number)
{
    if (number >= 0)
        json_object_set_new(object, name, json_integer(number));
}

json_t *letter_json(const struct desk_letter *letter)
{
    struct letter_facts facts;
    json_t *object = json_object();
    enum outcome outcome = letter->opened->outcome;
    letter_facts(letter, &facts);
    put_text(object, "event_id", facts.event_id);
    put_text(object, "sender", span_of(facts.sender));
    put_text(object, "key_id", facts.key_id);
    json_object_set_new(object, "authentic", json_boolean(facts.sender != NULL));
    put_text(object, "account", facts.account);
    put_text(object, "routing_key", letter->opened->record.key);
    put_text(object, "outcome", span_of(outcome_word(outcome)));
    put_text(object, "reason", span_of(outcome_reason(outcome)));
    put_text(object, "detail", facts.detail);
    put_number(object, "partition", letter->partition);
    put_number(object, "offset", letter->told->source);
    put_number(object, "dead_letter_offset", letter->told->offset);
    put_number(object, "dead_letter_timestamp", letter->record->timestamp_ms);
    put_number(object, "failed_at", facts.failed_at_ms);
    put_number(object, "signed_at", facts.signed_at_s);
    put_number(object, "attempts", facts.attempts);
    put_text(object, "state", span_of(resend_state_word(resend_state(letter->verdict))));
    put_text(object, "verdict", span_of(resend_text(letter->verdict)));
    if (letter->told->again >= 0) {
        put_number(object, "again_partition", letter->told->home);
        put_number(object, "again_offset", letter->told->again);
    }
    return object;
}
