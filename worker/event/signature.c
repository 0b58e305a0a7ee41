#include "event/signature.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/base64.h"

static void signature_hmac(const struct key *key, struct span id, struct span timestamp, struct span value,
                           unsigned char out[crypto_auth_hmacsha256_BYTES])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key->bytes, key->size);
    const struct span parts[] = {id, SPAN("."), timestamp, SPAN("."), value};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)parts[i].data, parts[i].size);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof(state));
}

/* ed25519 hashes its message twice, so it needs the signed bytes in one piece. */
static void signature_message(struct buf *message, struct span id, struct span timestamp, struct span value)
{
    buf_init(message, id.size + timestamp.size + value.size + 2);
    buf_add_span(message, id);
    buf_add_text(message, ".");
    buf_add_span(message, timestamp);
    buf_add_text(message, ".");
    buf_add_span(message, value);
}

/* The bytes of a signature of exactly `size`, behind its prefix. */
static bool signature_decode(struct span code, unsigned char *out, size_t size)
{
    size_t decoded = 0;
    return base64_read(code, sodium_base64_VARIANT_ORIGINAL, out, size, &decoded) && decoded == size;
}

/* Trying one of ed25519 costs as much as a thousand others; nobody needs more of them than keys change at once. */
#define ED25519_TRIES_MAX 16

bool signature_check(const struct key *key, const struct envelope *envelope, struct span value)
{
    bool hmac = key->kind == KEY_HMAC, valid = false;
    struct span prefix = hmac ? SPAN("v1,") : SPAN("v1a,");
    size_t size = hmac ? crypto_auth_hmacsha256_BYTES : crypto_sign_BYTES;
    struct buf message = {0};
    unsigned char expected[crypto_auth_hmacsha256_BYTES];
    bool ready = false;
    struct span list = envelope->signatures;
    for (int tries = 0; list.data != NULL && !valid && tries < ED25519_TRIES_MAX;) {
        struct span one = span_cut(&list, ' ');
        unsigned char given[crypto_sign_BYTES];
        if (!span_starts(one, prefix) || !signature_decode(span_skip(one, prefix.size), given, size))
            continue;
        if (!ready && hmac)
            signature_hmac(key, envelope->event_id, envelope->timestamp_text, value, expected);
        else if (!ready)
            signature_message(&message, envelope->event_id, envelope->timestamp_text, value);
        if (message.failed)
            abort(); /* no memory: "bad_signature" would be a lie that the log keeps */
        ready = true;
        if (hmac)
            valid = sodium_memcmp(given, expected, size) == 0;
        else
            valid = crypto_sign_verify_detached(given, (const unsigned char *)message.data, message.size,
                                                key->bytes) == 0;
        tries += !hmac;
    }
    buf_done(&message);
    sodium_memzero(expected, sizeof(expected)); /* for a forged record it is what the forger lacks */
    return valid;
}

bool signature_is_of_kind(const struct key *key, const struct envelope *envelope)
{
    struct span list = envelope->signatures;
    while (list.data != NULL)
        if (span_starts(span_cut(&list, ' '), key->kind == KEY_HMAC ? SPAN("v1,") : SPAN("v1a,")))
            return true;
    return false;
}

int signature_make(const struct key *key, struct span event_id, struct span timestamp, struct span value,
                   char out[SIGNATURE_TEXT_MAX])
{
    unsigned char bytes[crypto_sign_BYTES];
    size_t size;
    if (key->kind == KEY_HMAC) {
        signature_hmac(key, event_id, timestamp, value, bytes);
        size = crypto_auth_hmacsha256_BYTES;
        memcpy(out, "v1,", 4);
    } else {
        assert(key->kind == KEY_ED25519_SECRET);
        struct buf message;
        signature_message(&message, event_id, timestamp, value);
        if (!message.failed)
            crypto_sign_detached(bytes, NULL, (const unsigned char *)message.data, message.size, key->bytes);
        bool failed = message.failed;
        buf_done(&message);
        if (failed)
            return -1;
        size = crypto_sign_BYTES;
        memcpy(out, "v1a,", 5);
    }
    size_t used = strlen(out);
    sodium_bin2base64(out + used, SIGNATURE_TEXT_MAX - used, bytes, size, sodium_base64_VARIANT_ORIGINAL);
    return 0;
}
