/* The keyring file, and keys as they are written. */
#include <sodium.h>
#include <stdlib.h>

#include "event/keyring.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char hash_key[16];
    struct span text = {(const char *)data, size};
    struct err err;
    struct key key;
    if (sodium_init() < 0) /* before locked memory is asked for; does nothing the next time */
        abort();
    keyring_free(keyring_read(text, hash_key, &err));
    if (key_read(text, &key, &err) == 0)
        key_done(&key);
    return 0;
}
