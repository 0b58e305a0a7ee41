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
    if (text.size == 0)
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
    buf_add_text(out, "{");
#define RECEIPT_WORD(name, part)                        write_text(out, name, span_of(outcome_##part(r->outcome)));
#define RECEIPT_TEXT(name, member)                      write_text(out, name, r->member);
#define RECEIPT_NUMBER(name, member, type, least, most) write_number(out, name, (int64_t)r->member);
#define RECEIPT_WRITTEN_TEXT(name, member)              write_text(out, name, r->member);
#define RECEIPT_OPTIONAL(name, member, type, least)                                                          \
    if (r->member >= least)                                                                                  \
        write_number(out, name, (int64_t)r->member);
#define RECEIPT_WRITTEN_NUMBER(name, member, least) RECEIPT_OPTIONAL(name, member, size_t, least)
#include "receipt/receipt_member.def"
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
    struct span word = SPAN_NONE, reason = SPAN_NONE;
    int64_t number = 0;
    bool good = true;
    *out = (struct receipt){0};
    *root = json.size <= RECEIPT_SIZE_MAX ? json_read(json, 4, err) : NULL;
    if (*root == NULL)
        return err_set(err, ERR_NO, "not a receipt: no JSON of at most %d bytes", RECEIPT_SIZE_MAX);
#define RECEIPT_WORD(name, part)   part = json_member_span(*root, name);
#define RECEIPT_TEXT(name, member) out->member = json_member_span(*root, name);
#define RECEIPT_NUMBER(name, member, type, least, most)                                                      \
    good = read_number(*root, name, least, most, &number) && good;                                           \
    out->member = (type)number;
#define RECEIPT_OPTIONAL(name, member, type, least)                                                          \
    if (read_number(*root, name, least, INT64_MAX, &number))                                                 \
        out->member = (type)number;
#include "receipt/receipt_member.def"
    out->outcome = outcome_find(word, reason);
    if (good && out->outcome != OUTCOME_NONE && out->topic.size > 0)
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
