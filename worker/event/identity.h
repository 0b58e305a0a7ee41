/* What an event is: (routing key, sender, event id), as 16 bytes under the workers' mark secret. The same bytes are the
 * mark by which a worker finds its own message again in Papercups, so nobody without the secret can make one. */
#ifndef EVENT_IDENTITY_H
#define EVENT_IDENTITY_H

#include <sodium.h>

#include "event/key.h"

#define MARK_TEXT_SIZE 25 /* "v1:" and 22 characters of base64url */

struct identity {
    unsigned char bytes[16];
};

/* A mark secret that is ready for use: what HMAC does with the secret is half of the work of an identity. */
struct identity_key {
    crypto_auth_hmacsha256_state state;
};

/* mark_secret must be a KEY_MARK; it is not needed any more then. */
void identity_key_init(struct identity_key *key, const struct key *mark_secret);
/* Wipes it. */
void identity_key_done(struct identity_key *key);

/* Tells one mark secret from another, and nothing about either. */
uint64_t identity_secret_fingerprint(const struct key *mark_secret);

struct identity identity_of(const struct identity_key *key, struct span routing_key, struct span sender,
                            struct span event_id);

/* The mark as it stands in a message's metadata.cupbearer, terminated. */
void identity_mark(const struct identity *identity, char out[MARK_TEXT_SIZE + 1]);

#endif
