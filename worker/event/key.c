#include "event/key.h"

#include <sodium.h>

#include "base/base64.h"

#define KEY_TEXT_MAX 128

static const struct {
    const char *prefix;
    size_t least, most;
    const char *form;
} kinds[] = {
    [KEY_ED25519_SECRET] = {"whsk_", 32, 64, "whsk_ and base64 of 32 or 64 bytes"},
    [KEY_ED25519_PUBLIC] = {"whpk_", 32, 32, "whpk_ and base64 of 32 bytes"},
    [KEY_HMAC] = {"whsec_", 24, 64, "whsec_ and base64 of 24 to 64 bytes"},
    [KEY_MARK] = {"whmk_", 32, 32, "whmk_ and base64 of 32 bytes"},
};

static int key_new(enum key_kind kind, size_t size, struct key *out, struct err *err)
{
    *out = (struct key){.kind = kind, .size = size, .bytes = sodium_malloc(size)};
    if (out->bytes == NULL)
        return err_set(err, ERR_SYSTEM,
                       "no memory for a key (is the limit on locked memory, ulimit -l, very low?)");
    return 0;
}

void key_done(struct key *key)
{
    sodium_free(key->bytes);
    *key = (struct key){0};
}

/* An ed25519 secret from its seed, or from both halves, which must belong together. */
static int key_from_seed(const unsigned char *bytes, size_t size, struct key *out, struct err *err)
{
    unsigned char public_half[crypto_sign_PUBLICKEYBYTES];
    if (size != crypto_sign_SEEDBYTES && size != crypto_sign_SECRETKEYBYTES)
        return err_set(err, ERR_USAGE, "not a key: expected %s", kinds[KEY_ED25519_SECRET].form);
    if (key_new(KEY_ED25519_SECRET, crypto_sign_SECRETKEYBYTES, out, err) != 0)
        return -1;
    crypto_sign_seed_keypair(public_half, out->bytes, bytes);
    if (size == crypto_sign_SECRETKEYBYTES && sodium_memcmp(out->bytes, bytes, size) != 0) {
        key_done(out);
        return err_set(err, ERR_USAGE,
                       "not a key: the public half of this whsk_ does not belong to its seed");
    }
    return 0;
}

int key_read(struct span text, struct key *out, struct err *err)
{
    *out = (struct key){0};
    text = span_trim_end(text);
    size_t kind = 0;
    while (kind < sizeof(kinds) / sizeof(kinds[0]) && !span_starts(text, span_of(kinds[kind].prefix)))
        kind++;
    if (kind == sizeof(kinds) / sizeof(kinds[0]))
        return err_set(err, ERR_USAGE,
                       "not a key: expected one that begins with whsk_, whpk_, whsec_ or whmk_");
    struct span code = span_skip(text, strlen(kinds[kind].prefix));
    unsigned char bytes[KEY_TEXT_MAX];
    size_t size = 0;
    if (code.size > KEY_TEXT_MAX ||
        !base64_read(code, sodium_base64_VARIANT_ORIGINAL, bytes, sizeof(bytes), &size) ||
        size < kinds[kind].least || size > kinds[kind].most) {
        sodium_memzero(bytes, sizeof(bytes));
        return err_set(err, ERR_USAGE, "not a key: expected %s", kinds[kind].form);
    }
    int result;
    if (kind == KEY_ED25519_SECRET) {
        result = key_from_seed(bytes, size, out, err);
    } else {
        result = key_new((enum key_kind)kind, size, out, err);
        if (result == 0)
            memcpy(out->bytes, bytes, size);
    }
    sodium_memzero(bytes, sizeof(bytes));
    return result;
}

int key_make(enum key_kind kind, const unsigned char random[KEY_RANDOM_SIZE], struct key *out,
             struct err *err)
{
    if (kind == KEY_ED25519_SECRET)
        return key_from_seed(random, KEY_RANDOM_SIZE, out, err);
    if (key_new(kind, KEY_RANDOM_SIZE, out, err) != 0)
        return -1;
    memcpy(out->bytes, random, KEY_RANDOM_SIZE);
    return 0;
}

void key_write(struct buf *out, const struct key *key)
{
    char code[sodium_base64_ENCODED_LEN(64, sodium_base64_VARIANT_ORIGINAL)];
    sodium_bin2base64(code, sizeof(code), key->bytes, key->size, sodium_base64_VARIANT_ORIGINAL);
    buf_add_text(out, kinds[key->kind].prefix);
    buf_add_text(out, code);
    sodium_memzero(code, sizeof(code));
}

int key_public(const struct key *secret, struct key *out, struct err *err)
{
    if (key_new(KEY_ED25519_PUBLIC, crypto_sign_PUBLICKEYBYTES, out, err) != 0)
        return -1;
    memcpy(out->bytes, secret->bytes + crypto_sign_SEEDBYTES, crypto_sign_PUBLICKEYBYTES);
    return 0;
}

bool key_equal(const struct key *a, const struct key *b)
{
    return a->kind == b->kind && a->size == b->size && sodium_memcmp(a->bytes, b->bytes, a->size) == 0;
}
