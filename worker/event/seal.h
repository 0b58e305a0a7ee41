/* The other side: a payload becomes a signed record. Used by sign, send, the library and the gate. */
#ifndef EVENT_SEAL_H
#define EVENT_SEAL_H

#include "base/err.h"
#include "event/envelope.h"
#include "event/key.h"
#include "event/signature.h"

struct sealed {
    struct buf routing_key;
    char event_id[ENVELOPE_ID_MAX + 1];
    char timestamp[16];
    char signature[SIGNATURE_TEXT_MAX];
    char key_id[NAME_MAX_SIZE + 1];
};

/* Checks the payload as the worker would and signs exactly its bytes. 0, or -1 with err; sealed_done it. */
int seal(struct sealed *out, const struct key *key, struct span key_id, struct span event_id,
         int64_t signed_at_s, struct span payload, struct err *err);
void sealed_done(struct sealed *sealed);

#endif
