/* Keys as the Standard Webhooks write them: whsk_ an ed25519 secret, whpk_ an ed25519 public key, whsec_ an HMAC
 * secret, each followed by base64. The bytes live in sodium_malloc'ed memory: locked, guarded, wiped when freed. */
#ifndef EVENT_KEY_H
#define EVENT_KEY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum key_kind {
    KEY_ED25519_SECRET, /* 64 bytes: seed, public half */
    KEY_ED25519_PUBLIC, /* 32 bytes */
    KEY_HMAC,           /* 24 to 64 bytes */
    KEY_MARK,           /* whmk_, 32 bytes: the mark secret of the workers */
};

struct key {
    enum key_kind kind;
    size_t size;
    unsigned char *bytes;
};

/* Reads one; white space at its end is ignored. 0, or -1 with err saying what is wrong (never the key). key_done it. */
int key_read(struct span text, struct key *out, struct err *err);
void key_done(struct key *key);

/* A fresh one of that kind (secret kinds only) out of random bytes, which are the caller's to wipe. */
#define KEY_RANDOM_SIZE 32
int key_make(enum key_kind kind, const unsigned char random[KEY_RANDOM_SIZE], struct key *out,
             struct err *err);
/* Appends it as it is written; the caller wipes the buffer. */
void key_write(struct buf *out, const struct key *key);
/* The public key of a whsk_, for the keyring. */
int key_public(const struct key *secret, struct key *out, struct err *err);

bool key_equal(const struct key *a, const struct key *b);

#endif
