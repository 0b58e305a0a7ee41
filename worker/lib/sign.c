#include <sodium.h>
#include <stdlib.h>

#include "cupbearer/cupbearer.h"
#include "event/seal.h"
#include "lib/error.h"
#include "lib/generate.h"

struct cupbearer_key {
    struct key key;
};

int cupbearer_key_read(const char *text, size_t size, struct cupbearer_key **out, char *error,
                       size_t error_size)
{
    struct err err;
    struct cupbearer_key *key = calloc(1, sizeof(*key));
    if (key == NULL || sodium_init() < 0) {
        free(key);
        return error_no_memory(error, error_size);
    }
    int result = key_read((struct span){text, size}, &key->key, &err);
    if (result == 0 && key->key.kind != KEY_HMAC && key->key.kind != KEY_ED25519_SECRET)
        result = err_set(&err, ERR_USAGE, "this key cannot sign: needed is a whsk_ or a whsec_");
    if (result != 0) {
        cupbearer_key_free(key);
        return error_report(&err, error, error_size);
    }
    *out = key;
    return CUPBEARER_OK;
}

void cupbearer_key_free(struct cupbearer_key *key)
{
    if (key == NULL)
        return;
    key_done(&key->key);
    free(key);
}

static int record_of_sealed(const struct sealed *sealed, struct span payload, struct cupbearer_record **out)
{
    const struct {
        const char *name, *value;
    } headers[] = {{HEADER_ID, sealed->event_id},
                   {HEADER_TIMESTAMP, sealed->timestamp},
                   {HEADER_SIGNATURE, sealed->signature},
                   {HEADER_KEY, sealed->key_id}};
    struct cupbearer_record *record = NULL;
    int result = cupbearer_record_new(sealed->routing_key.data, sealed->routing_key.size, payload.data,
                                      payload.size, &record);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]) && result == CUPBEARER_OK; i++)
        result =
            cupbearer_record_add_header(record, headers[i].name, headers[i].value, strlen(headers[i].value));
    if (result == CUPBEARER_OK)
        *out = record;
    else
        cupbearer_record_free(record);
    return result;
}

int cupbearer_sign(const struct cupbearer_key *key, const char *key_id, const char *event_id,
                   int64_t signed_at_s, const char *payload, size_t payload_size,
                   struct cupbearer_record **out, char *error, size_t error_size)
{
    struct sealed sealed;
    struct err err;
    struct span value = {payload, payload_size};
    char generated[ENVELOPE_ID_MAX + 1];
    if (event_id == NULL) {
        event_id_generate(generated);
        event_id = generated;
    }
    if (seal(&sealed, &key->key, span_of(key_id), span_of(event_id), signed_at_s, value, &err) != 0)
        return error_report(&err, error, error_size);
    int result = record_of_sealed(&sealed, value, out);
    sealed_done(&sealed);
    return result == CUPBEARER_OK ? result : error_no_memory(error, error_size);
}
