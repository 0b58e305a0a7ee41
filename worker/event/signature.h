/* Standard Webhooks 1.0 signatures over id "." timestamp "." value: v1 is HMAC-SHA256, v1a is ed25519. */
#ifndef EVENT_SIGNATURE_H
#define EVENT_SIGNATURE_H

#include "event/envelope.h"
#include "event/key.h"

/* "v1a," and base64 of 64 bytes, with the 0. */
#define SIGNATURE_TEXT_MAX 96

/* Whether one of the envelope's signatures is of this key's kind and valid for these bytes. Constant in time for the
 * key; a signature that does not decode is invalid. */
bool signature_check(const struct key *key, const struct envelope *envelope, struct span value);

/* Whether one of them says that it is of this key's kind. */
bool signature_is_of_kind(const struct key *key, const struct envelope *envelope);

/* Writes the signature by a whsk_ or whsec_ key, terminated. 0, or -1 where there is no memory. */
int signature_make(const struct key *key, struct span event_id, struct span timestamp, struct span value,
                   char out[SIGNATURE_TEXT_MAX]);

#endif
