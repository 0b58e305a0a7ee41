#include "event/identity.h"

#include <assert.h>

void identity_key_init(struct identity_key *key, const struct key *mark_secret)
{
    assert(mark_secret->kind == KEY_MARK);
    crypto_auth_hmacsha256_init(&key->state, mark_secret->bytes, mark_secret->size);
}

void identity_key_done(struct identity_key *key)
{
    sodium_memzero(key, sizeof(*key));
}

uint64_t identity_secret_fingerprint(const struct key *mark_secret)
{
    static const unsigned char label[] = "cupbearer mark secret 1";
    unsigned char full[crypto_auth_hmacsha256_BYTES];
    struct identity_key key;
    uint64_t fingerprint = 0;
    identity_key_init(&key, mark_secret);
    crypto_auth_hmacsha256_update(&key.state, label, sizeof(label) - 1);
    crypto_auth_hmacsha256_final(&key.state, full);
    identity_key_done(&key);
    for (size_t i = 0; i < sizeof(fingerprint); i++)
        fingerprint = fingerprint << 8 | full[i];
    return fingerprint;
}

struct identity identity_of(const struct identity_key *key, struct span routing_key, struct span sender,
                            struct span event_id)
{
    crypto_auth_hmacsha256_state state = key->state;
    const struct span parts[] = {routing_key, sender, event_id};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t size = parts[i].size;
        unsigned char prefix[4] = {(unsigned char)(size >> 24), (unsigned char)(size >> 16),
                                   (unsigned char)(size >> 8), (unsigned char)size};
        crypto_auth_hmacsha256_update(&state, prefix, sizeof(prefix));
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)parts[i].data, size);
    }
    unsigned char full[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_final(&state, full);
    sodium_memzero(&state, sizeof(state));
    struct identity identity;
    memcpy(identity.bytes, full, sizeof(identity.bytes));
    return identity;
}

void identity_mark(const struct identity *identity, char out[MARK_TEXT_SIZE + 1])
{
    memcpy(out, "v1:", 3);
    sodium_bin2base64(out + 3, MARK_TEXT_SIZE + 1 - 3, identity->bytes, sizeof(identity->bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
