#include "io/files.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/watched.h"

#define API_KEY_MAX 4096

struct files {
    const struct config *config;
    unsigned char hash_key[16];
    struct files_calls calls;
    struct watched keyring;
    struct watched *api_keys; /* by account */
    struct http_site **sites;
    struct mono next;
    int64_t keyring_read_at_ms;
    size_t keyring_size;
};

static struct keyring *files_parse_keyring(struct files *files, const struct secret *text, struct err *err)
{
    struct err why;
    struct span json = {(const char *)text->data, text->size};
    struct keyring *keyring = keyring_read(json, files->hash_key, &why);
    if (keyring == NULL) {
        err_set(err, ERR_USAGE, "%s: %s", files->keyring.path, why.text);
        return NULL;
    }
    files->keyring_read_at_ms = clock_now().wall.ms;
    files->keyring_size = keyring_size(keyring);
    return keyring;
}

static int files_read_keyring(struct files *files, struct keyring **out, struct err *err)
{
    struct secret text;
    *out = NULL;
    int changed = watched_read(&files->keyring, KEYRING_SIZE_MAX, &text, err);
    if (changed <= 0)
        return changed;
    *out = files_parse_keyring(files, &text, err);
    secret_done(&text);
    return *out == NULL ? -1 : 1;
}

static int files_read_api_key(struct files *files, size_t account, struct err *err)
{
    struct secret key;
    int changed = watched_read(&files->api_keys[account], API_KEY_MAX, &key, err);
    if (changed <= 0)
        return changed;
    int result = http_site_set_key(files->sites[account], &key, err);
    secret_done(&key);
    return result == 0 ? 1 : -1;
}

/* Whether there is one. */
static bool files_begin_api_key(struct files *files, size_t account, struct err *err)
{
    struct watched *file = &files->api_keys[account];
    file->path = files->config->accounts[account].api_key_file;
    if (files_read_api_key(files, account, err) >= 0)
        return true;
    file->broken = true;
    log_say(LOG_LEVEL_ERROR, "account", "[account %s]: %s. Its events wait until its key is there",
            files->config->accounts[account].name, err->text);
    return false;
}

/* At start only: the last key that is taken out of a keyring in use is no key from then on. */
static int files_refuse_empty(const struct files *files, struct keyring **keyring, struct err *err)
{
    if (files->keyring_size > 0)
        return 0;
    keyring_free(*keyring);
    *keyring = NULL;
    return err_set(err, ERR_USAGE,
                   "%s has no keys, so every event would be rejected; add one: cupbearer keygen NAME --account "
                   "ACCOUNT --keyring %s",
                   files->keyring.path, files->keyring.path);
}

struct files *files_new(const struct config *config, const unsigned char hash_key[16],
                        const struct files_calls *calls, struct keyring **keyring, struct http_site **sites,
                        bool *no_key, struct err *err)
{
    struct files *files = mem_new(1, sizeof(*files));
    *files = (struct files){.config = config, .calls = *calls, .sites = sites};
    memcpy(files->hash_key, hash_key, sizeof(files->hash_key));
    files->keyring.path = config->keyring_file;
    files->api_keys = mem_new(config->account_count, sizeof(*files->api_keys));
    files->next = mono_after(clock_now().mono, FILES_EVERY_MS);
    if (files_read_keyring(files, keyring, err) < 0 || files_refuse_empty(files, keyring, err) != 0) {
        files_free(files);
        return NULL;
    }
    for (size_t i = 0; i < config->account_count; i++)
        no_key[i] = !files_begin_api_key(files, i, err);
    return files;
}

void files_free(struct files *files)
{
    if (files == NULL)
        return;
    free(files->api_keys);
    free(files);
}

void files_turn(struct files *files, struct mono now, bool now_please)
{
    struct err err = {0};
    bool found = false;
    if (!now_please && !mono_reached(files->next, now))
        return;
    files->next = mono_after(now, FILES_EVERY_MS);
    struct keyring *keyring;
    int changed = files_read_keyring(files, &keyring, &err);
    found |= changed != 0;
    if (changed != 0)
        watched_tell(&files->keyring, changed < 0, err.text);
    if (changed > 0)
        files->calls.keyring(files->calls.context, keyring);
    for (size_t i = 0; i < files->config->account_count; i++) {
        changed = files_read_api_key(files, i, &err);
        found |= changed != 0;
        if (changed != 0)
            watched_tell(&files->api_keys[i], changed < 0, err.text);
        if (changed > 0)
            files->calls.api_key(files->calls.context, i);
    }
    if (now_please && !found)
        log_say(LOG_LEVEL_INFO, "unchanged", "keyring and API keys are what they were");
}

struct mono files_deadline(const struct files *files)
{
    return files->next;
}

int64_t files_keyring_read_at_ms(const struct files *files)
{
    return files->keyring_read_at_ms;
}

size_t files_keyring_size(const struct files *files)
{
    return files->keyring_size;
}

bool files_keyring_is_stale(const struct files *files)
{
    return files->keyring.broken;
}

bool files_api_key_is_stale(const struct files *files, size_t account)
{
    return files->api_keys[account].broken;
}
