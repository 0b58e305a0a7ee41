#include "event/seal.h"

#include <stdio.h>

#include "event/payload.h"

static void seal_copy(char *out, struct span text)
{
    memcpy(out, text.data, text.size);
    out[text.size] = 0;
}

int seal(struct sealed *out, const struct key *key, struct span key_id, struct span event_id,
         int64_t signed_at_s, struct span payload, struct err *err)
{
    *out = (struct sealed){0};
    if (key->kind != KEY_HMAC && key->kind != KEY_ED25519_SECRET)
        return err_set(err, ERR_USAGE, "this key cannot sign: needed is a whsk_ or a whsec_");
    if (!name_is_valid(key_id))
        return err_set(err, ERR_USAGE, "the key id is not of the form [a-z0-9][a-z0-9_-]{0,62}");
    if (!event_id_is_valid(event_id))
        return err_set(err, ERR_USAGE, "the event id is not 1 to 128 characters of A-Z a-z 0-9 _ - : ~");
    if (signed_at_s < 1 || signed_at_s > 99999999999)
        return err_set(err, ERR_USAGE, "the time of signing is not Unix seconds");
    struct payload parsed;
    struct detail detail;
    if (payload_read(payload, &parsed, &detail) != OUTCOME_NONE)
        return detail_err(&detail, err);
    buf_init(&out->routing_key, ENVELOPE_KEY_MAX);
    payload_routing_key(&parsed, &out->routing_key);
    payload_done(&parsed);
    seal_copy(out->key_id, key_id);
    seal_copy(out->event_id, event_id);
    snprintf(out->timestamp, sizeof(out->timestamp), "%lld", (long long)signed_at_s);
    if (out->routing_key.failed ||
        signature_make(key, span_of(out->event_id), span_of(out->timestamp), payload, out->signature) != 0) {
        sealed_done(out);
        return err_set(err, ERR_LIMIT, "the routing key is longer than 1,024 bytes, or there is no memory");
    }
    return 0;
}

void sealed_done(struct sealed *sealed)
{
    buf_done(&sealed->routing_key);
}
