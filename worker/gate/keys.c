#include "gate/keys.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/watched.h"

struct keys {
    struct watched file;
    pthread_rwlock_t lock;
    struct keyring *keyring;
    unsigned char hash_key[16];
};

/* 1 with another keyring, 0 where it is the same, -1 with err. */
static int keys_read(struct keys *keys, struct keyring **out, struct err *err)
{
    struct secret text;
    struct err why;
    int changed = watched_read(&keys->file, KEYRING_SIZE_MAX, &text, err);
    if (changed <= 0)
        return changed;
    *out = keyring_read((struct span){(const char *)text.data, text.size}, keys->hash_key, &why);
    secret_done(&text);
    return *out != NULL ? 1 : err_set(err, ERR_USAGE, "%s: %s", keys->file.path, why.text);
}

struct keys *keys_new(const char *path, struct err *err)
{
    struct keys *keys = mem_new(1, sizeof(*keys));
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&keys->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    keys->file.path = path;
    randombytes_buf(keys->hash_key, sizeof(keys->hash_key));
    if (keys_read(keys, &keys->keyring, err) >= 0)
        return keys;
    keys_free(keys);
    return NULL;
}

void keys_free(struct keys *keys)
{
    if (keys == NULL)
        return;
    keyring_free(keys->keyring);
    pthread_rwlock_destroy(&keys->lock);
    free(keys);
}

void keys_reload(struct keys *keys)
{
    struct err err = {0};
    struct keyring *next = NULL, *last;
    int changed = keys_read(keys, &next, &err);
    if (changed != 0)
        watched_tell(&keys->file, changed < 0, err.text);
    if (changed <= 0)
        return;
    pthread_rwlock_wrlock(&keys->lock);
    last = keys->keyring;
    keys->keyring = next;
    pthread_rwlock_unlock(&keys->lock);
    keyring_free(last);
}

const struct keyring *keys_take(struct keys *keys)
{
    pthread_rwlock_rdlock(&keys->lock);
    return keys->keyring;
}

void keys_give(struct keys *keys)
{
    pthread_rwlock_unlock(&keys->lock);
}
