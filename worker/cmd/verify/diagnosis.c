#include "cmd/verify/diagnosis.h"

#include <sodium.h>

#include "base/base64.h"
#include "cmd/verify/diagnosis_message.h"
#include "event/signature.h"

#define CANDIDATES_MAX 16

/* A signature of the list, decoded in whatever way it can be. */
struct candidate {
    bool hmac; /* by its size */
    unsigned char bytes[crypto_sign_BYTES];
    const char *diagnosis; /* how it was written, or NULL where that is right */
};

struct secret_bytes {
    bool hmac;
    struct span bytes;
};

static bool candidate_decode(struct span code, struct candidate *out)
{
    static const struct {
        int variant; /* 0: hex */
        const char *diagnosis;
    } ways[] = {
        {sodium_base64_VARIANT_ORIGINAL, NULL},
        {sodium_base64_VARIANT_ORIGINAL_NO_PADDING, "the signature's base64 must be padded with ="},
        {sodium_base64_VARIANT_URLSAFE,
         "the signature is URL-safe base64; use the standard alphabet, + and /"},
        {sodium_base64_VARIANT_URLSAFE_NO_PADDING,
         "the signature is URL-safe base64 without padding; use the standard alphabet, + and /, and ="},
        {0, "the signature is written in hex; write it in base64"},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        size_t size = 0;
        bool read =
            ways[i].variant == 0
                ? sodium_hex2bin(out->bytes, sizeof(out->bytes), code.data, code.size, NULL, &size, NULL) == 0
                : base64_read(code, ways[i].variant, out->bytes, sizeof(out->bytes), &size);
        out->hmac = size == crypto_auth_hmacsha256_BYTES;
        out->diagnosis = ways[i].diagnosis;
        if (read && (out->hmac || size == crypto_sign_BYTES))
            return true;
    }
    return false;
}

static size_t candidates_read(struct span list, struct candidate out[CANDIDATES_MAX])
{
    size_t count = 0;
    while (list.data != NULL && count < CANDIDATES_MAX) {
        struct span code = span_cut(&list, ' ');
        bool says_hmac = span_starts(code, SPAN("v1,"));
        span_cut(&code, ',');
        if (!candidate_decode(code, &out[count]))
            continue;
        if (says_hmac != out[count].hmac)
            out[count].diagnosis = says_hmac ? "an ed25519 signature begins with v1a, not with v1"
                                        : "an HMAC-SHA256 signature begins with v1, not with v1a";
        count++;
    }
    return count;
}

static bool candidate_is_good(const struct candidate *candidate, const struct secret_bytes *key,
                              struct span message)
{
    const unsigned char *bytes = (const unsigned char *)message.data;
    if (candidate->hmac != key->hmac)
        return false;
    if (!key->hmac)
        return crypto_sign_verify_detached(candidate->bytes, bytes, message.size,
                                           (const unsigned char *)key->bytes.data) == 0;
    crypto_auth_hmacsha256_state state;
    unsigned char expected[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key->bytes.data, key->bytes.size);
    crypto_auth_hmacsha256_update(&state, bytes, message.size);
    crypto_auth_hmacsha256_final(&state, expected);
    sodium_memzero(&state, sizeof(state));
    return sodium_memcmp(expected, candidate->bytes, sizeof(expected)) == 0;
}

static void diagnosis_add(struct buf *out, size_t from, const char *text)
{
    if (text == NULL)
        return;
    if (out->size > from)
        buf_add_text(out, "; and ");
    buf_add_text(out, text);
}

/* Tries a key with the first `kinds` kinds of messages; appends what explains the signature. */
static bool diagnosis_try(const struct diagnosis_question *question, const struct secret_bytes *key, size_t kinds,
                     const char *key_diagnosis, struct buf *out)
{
    struct candidate candidates[CANDIDATES_MAX];
    size_t count = candidates_read(question->envelope->signatures, candidates);
    struct buf message;
    buf_init(&message, DIAGNOSIS_MESSAGE_MAX);
    bool found = false;
    for (size_t kind = 0; kind < kinds && count > 0 && !found; kind++) {
        buf_clear(&message);
        const char *diagnosis = NULL;
        if (!diagnosis_message(question->envelope, question->record->value, kind, &message, &diagnosis) ||
            message.failed)
            continue;
        for (size_t i = 0; i < count && !found; i++) {
            if (!candidate_is_good(&candidates[i], key, buf_span(&message)))
                continue;
            size_t from = out->size;
            diagnosis_add(out, from, diagnosis);
            diagnosis_add(out, from, key_diagnosis);
            diagnosis_add(out, from, candidates[i].diagnosis);
            found = true;
        }
    }
    buf_done(&message);
    return found;
}

static struct secret_bytes secret_of(const struct keyring_entry *entry)
{
    return (struct secret_bytes){entry->key.kind == KEY_HMAC,
                                 {(const char *)entry->key.bytes, entry->key.size}};
}

/* An HMAC secret used as it is written, with its prefix or without. */
static bool diagnosis_of_secret_text(const struct diagnosis_question *question, struct buf *out)
{
    if (question->entry->key.kind != KEY_HMAC)
        return false;
    struct buf text;
    buf_init(&text, 256);
    key_write(&text, &question->entry->key);
    struct secret_bytes whole = {true, buf_span(&text)},
                        code = {true, span_skip(buf_span(&text), strlen("whsec_"))};
    bool found = diagnosis_try(question, &whole, diagnosis_message_count(),
                          "the secret was used as text, whsec_ and all: "
                          "decode the base64 behind whsec_ and sign with those bytes",
                          out) ||
                 diagnosis_try(question, &code, diagnosis_message_count(),
                          "the secret was used as text: decode the base64 "
                          "behind whsec_ and sign with those bytes",
                          out);
    sodium_memzero(text.data, text.capacity);
    buf_done(&text);
    return found;
}

static bool diagnosis_of_other_key(const struct diagnosis_question *question, struct buf *out)
{
    const struct keyring_entry *other = NULL;
    while ((other = keyring_next(question->keyring, other)) != NULL) {
        if (other == question->entry)
            continue;
        char diagnosis[160];
        snprintf(diagnosis, sizeof(diagnosis), "it was signed with key %.63s: cupbearer-key must say so", other->id);
        struct secret_bytes key = secret_of(other);
        if (diagnosis_try(question, &key, 1, diagnosis, out)) /* one kind: a keyring may be long */
            return true;
    }
    return false;
}

/* Whether that is all: no signature in the list says that it is of the key's kind. */
static bool diagnosis_of_kind(const struct diagnosis_question *question, struct buf *out)
{
    bool hmac = question->entry->key.kind == KEY_HMAC;
    if (signature_is_of_kind(&question->entry->key, question->envelope))
        return false;
    buf_printf(out, "the record has no %s signature, and a %s key verifies no other", hmac ? "v1" : "v1a",
               hmac ? "whsec_" : "whpk_");
    return true;
}

bool diagnosis_of_signature(const struct diagnosis_question *question, struct buf *out)
{
    if (question->entry != NULL) {
        struct secret_bytes key = secret_of(question->entry);
        if (diagnosis_try(question, &key, diagnosis_message_count(), NULL, out) || diagnosis_of_secret_text(question, out))
            return true;
    }
    return diagnosis_of_other_key(question, out) || (question->entry != NULL && diagnosis_of_kind(question, out));
}

/* The header of that name but for the case of its letters. */
static const struct header *header_like(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record->header_count; i++)
        if (record->headers[i].name.size == strlen(name) &&
            strncasecmp(record->headers[i].name.data, name, strlen(name)) == 0)
            return &record->headers[i];
    return NULL;
}

bool diagnosis_of_headers(const struct record *record, struct buf *out)
{
    static const char *const names[] = {HEADER_ID, HEADER_TIMESTAMP, HEADER_SIGNATURE, HEADER_KEY};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct header *header = header_like(record, names[i]);
        if (header == NULL || span_equal(header->name, span_of(names[i])))
            continue;
        buf_printf(out, "headers are told apart by case: write %s, not %.*s", names[i],
                   SPAN_ARGS(header->name));
        return true;
    }
    const struct header *timestamp = header_like(record, HEADER_TIMESTAMP);
    if (timestamp == NULL || timestamp->value.size != 13 || !span_only(timestamp->value, "0123456789"))
        return false;
    buf_printf(out, "webhook-timestamp is in milliseconds; write %.10s, and sign that",
               timestamp->value.data);
    return true;
}

bool diagnosis_of_record(const struct record *record, const struct keyring *keyring, struct buf *out)
{
    struct envelope envelope;
    struct detail detail;
    if (envelope_open(record, &envelope, &detail) != OUTCOME_NONE)
        return diagnosis_of_headers(record, out);
    const struct keyring_entry *entry = keyring_find(keyring, envelope.key_id);
    if (entry != NULL && signature_check(&entry->key, &envelope, record->value))
        return false;
    const struct diagnosis_question question = {record, &envelope, keyring, entry};
    return diagnosis_of_signature(&question, out);
}
