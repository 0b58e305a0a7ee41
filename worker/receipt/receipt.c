#include "receipt/receipt.h"

#include <assert.h>
#include <sodium.h>

#include "base/json.h"

#define VERSION_DIGITS_MAX 4

static void write_name(struct buf *out, const char *name)
{
    buf_add_text(out, out->data[out->size - 1] == '{' ? "\"" : ",\"");
    buf_add_text(out, name);
    buf_add_text(out, "\":");
}

static void write_text(struct buf *out, const char *name, struct span text)
{
    if (text.data == NULL)
        return;
    write_name(out, name);
    json_write_string(out, text);
}

static void write_number(struct buf *out, const char *name, int64_t number)
{
    write_name(out, name);
    buf_add_decimal(out, number);
}

void receipt_write(struct buf *out, const struct receipt *r)
{
    const char *reason = outcome_reason(r->outcome);
    buf_add_text(out, "{");
    write_text(out, "event_id", r->event_id);
    write_text(out, "sender", r->sender);
    write_text(out, "account", r->account);
    write_text(out, "outcome", span_of(outcome_word(r->outcome)));
    if (reason[0] != 0)
        write_text(out, "reason", span_of(reason));
    if (r->detail.size > 0)
        write_text(out, "detail", r->detail);
    write_text(out, "topic", r->topic);
    write_number(out, "partition", r->partition);
    write_number(out, "offset", r->offset);
    write_number(out, "record_timestamp", r->record_timestamp_ms);
    write_number(out, "admitted_at", r->admitted_at_ms);
    write_number(out, "finished_at", r->finished_at_ms);
    if (r->signed_at_s != 0)
        write_number(out, "signed_at", r->signed_at_s);
    write_number(out, "attempts", r->attempts);
    if (r->customer_matches > 1)
        write_number(out, "customer_matches", (int64_t)r->customer_matches);
    write_text(out, "conversation_id", r->conversation_id);
    write_text(out, "customer_id", r->customer_id);
    write_text(out, "message_id", r->message_id);
    buf_add_text(out, "}");
}

static bool read_number(const json_t *root, const char *name, int64_t least, int64_t most, int64_t *out)
{
    const json_t *value = json_object_get(root, name);
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= least && *out <= most;
}

int receipt_read(struct span json, struct receipt *out, struct json_t **root, struct err *err)
{
    *out = (struct receipt){0};
    *root = json.size <= RECEIPT_SIZE_MAX ? json_read(json, 4, err) : NULL;
    if (*root == NULL)
        return err_set(err, ERR_NO, "not a receipt: no JSON of at most %d bytes", RECEIPT_SIZE_MAX);
    int64_t partition = 0, attempts = 0;
    out->event_id = json_member_span(*root, "event_id");
    out->sender = json_member_span(*root, "sender");
    out->account = json_member_span(*root, "account");
    out->detail = json_member_span(*root, "detail");
    out->topic = json_member_span(*root, "topic");
    struct span reason = json_member_span(*root, "reason");
    out->outcome = outcome_find(json_member_span(*root, "outcome"), reason);
    bool good = out->outcome != OUTCOME_NONE && out->topic.data != NULL &&
                read_number(*root, "partition", 0, INT32_MAX, &partition) &&
                read_number(*root, "offset", 0, INT64_MAX, &out->offset) &&
                read_number(*root, "record_timestamp", INT64_MIN, INT64_MAX, &out->record_timestamp_ms) &&
                read_number(*root, "admitted_at", -1, INT64_MAX, &out->admitted_at_ms) &&
                read_number(*root, "finished_at", 0, INT64_MAX, &out->finished_at_ms) &&
                read_number(*root, "attempts", 0, UINT32_MAX, &attempts);
    out->partition = (int32_t)partition;
    out->attempts = (unsigned)attempts;
    read_number(*root, "signed_at", 0, INT64_MAX, &out->signed_at_s);
    if (good)
        return 0;
    json_decref(*root);
    *root = NULL;
    return err_set(err, ERR_NO, "not a receipt: a member is missing or out of form");
}

void receipt_mac_key(const struct key *mark_secret, unsigned char out[32])
{
    static const unsigned char label[] = "cupbearer receipts 1";
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, mark_secret->bytes, mark_secret->size);
    crypto_auth_hmacsha256_update(&state, label, sizeof(label) - 1);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof(state));
}

static void mac_add_be32(crypto_generichash_state *state, size_t number)
{
    const unsigned char bytes[4] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
                                    (unsigned char)(number >> 8), (unsigned char)number};
    crypto_generichash_update(state, bytes, sizeof(bytes));
}

static void mac_add_prefixed(crypto_generichash_state *state, struct span s)
{
    mac_add_be32(state, s.size);
    crypto_generichash_update(state, (const unsigned char *)s.data, s.size);
}

void receipt_mac(const unsigned char mac_key[32], struct span topic, int32_t partition, struct span key,
                 struct span value, char out[RECEIPT_MAC_TEXT])
{
    crypto_generichash_state state;
    unsigned char mac[32];
    crypto_generichash_init(&state, mac_key, 32, sizeof(mac));
    mac_add_prefixed(&state, topic);
    mac_add_be32(&state, 4);
    mac_add_be32(&state, (uint32_t)partition);
    mac_add_prefixed(&state, key);
    mac_add_prefixed(&state, value);
    crypto_generichash_final(&state, mac, sizeof(mac));
    sodium_bin2base64(out, RECEIPT_MAC_TEXT, mac, sizeof(mac), sodium_base64_VARIANT_ORIGINAL);
}

bool receipt_has_mac(const unsigned char mac_key[32], struct span topic, int32_t partition,
                     const struct record *record)
{
    char expected[RECEIPT_MAC_TEXT];
    receipt_mac(mac_key, topic, partition, record->key, record->value, expected);
    struct span given = record_header(record, RECEIPT_MAC);
    return given.size == sizeof(expected) - 1 && sodium_memcmp(given.data, expected, given.size) == 0;
}

bool receipt_is_of_other_version(const struct record *record)
{
    struct span code = record_header(record, RECEIPT_MAC);
    struct span version = code.data == NULL ? SPAN_NONE : span_cut(&code, ',');
    int64_t number = 0;
    return code.data != NULL && span_starts(version, SPAN("v")) &&
           span_number(span_skip(version, 1), VERSION_DIGITS_MAX, &number);
}
