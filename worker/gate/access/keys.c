#include "gate/access/keys.h"

#include <sodium.h>

static void *keys_read(struct span text, struct err *err)
{
    unsigned char hash_key[16];
    randombytes_buf(hash_key, sizeof(hash_key));
    return keyring_read(text, hash_key, err);
}

static void keys_free(void *keyring)
{
    keyring_free(keyring);
}

struct snapshot *keys_new(const char *path, struct err *err)
{
    static const struct snapshot_kind kind = {KEYRING_SIZE_MAX, keys_read, keys_free};
    return snapshot_new(path, &kind, err);
}
