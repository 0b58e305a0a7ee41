#include "lib/generate.h"

#include <sodium.h>

int key_generate(enum key_kind kind, struct key *out, struct err *err)
{
    unsigned char random[KEY_RANDOM_SIZE];
    randombytes_buf(random, sizeof(random));
    int result = key_make(kind, random, out, err);
    sodium_memzero(random, sizeof(random));
    return result;
}

void event_id_generate(char out[ENVELOPE_ID_MAX + 1])
{
    unsigned char random[16];
    randombytes_buf(random, sizeof(random));
    memcpy(out, "evt_", 4);
    sodium_bin2base64(out + 4, ENVELOPE_ID_MAX + 1 - 4, random, sizeof(random),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
