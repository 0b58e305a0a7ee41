#include "run/files.h"

#include <stdlib.h>

#include "base/mem.h"
#include "http/client/account_site.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/watched.h"

struct files_account {
    struct watched api_key, way[ACCOUNT_WAY_FILES];
    char *closed; /* which of its connection files is no good, as logged; NULL: none */
};

struct files {
    const struct config *config;
    unsigned char hash_key[16];
    struct files_calls calls;
    struct watched keyring;
    struct files_account *accounts; /* as the configuration's */
    size_t account_count;
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
    struct watched *file = &files->accounts[account].api_key;
    file->path = files->config->accounts[account].api_key_file; /* it may be another configuration's by now */
    int changed = watched_read(file, ACCOUNT_API_KEY_MAX, &key, err);
    if (changed <= 0)
        return changed;
    int result = http_site_set_key(files->sites[account], &key, err);
    secret_done(&key);
    return result == 0 ? 1 : -1;
}

/* What names the account. */
static void tell_waits(const char *why)
{
    log_say(LOG_LEVEL_ERROR, "account", "%s. Its events wait until that is fixed", why);
}

/* Whether one of the account's connection files has changed since last time (`seen`, one for each, as watched_read has it). What is
 * wrong with them is written into `errs`. The path may come from a newer configuration by now. */
static bool files_look_way(struct files *files, size_t account, int seen[ACCOUNT_WAY_FILES], struct err errs[ACCOUNT_WAY_FILES])
{
    bool changed = false;
    for (size_t i = 0; i < ACCOUNT_WAY_FILES; i++) {
        const struct account_way_file file = account_way_file(&files->config->accounts[account], (enum account_way)i);
        struct watched *watched = &files->accounts[account].way[i];
        struct secret content = {NULL, 0};
        watched->path = file.path;
        seen[i] = file.path == NULL ? 0 : watched_read(watched, file.max_size, &content, &errs[i]);
        secret_done(&content);
        changed |= seen[i] > 0;
    }
    return changed;
}

/* Whether there is one. */
static bool files_begin_api_key(struct files *files, size_t account, struct err *err)
{
    struct err why;
    if (files_read_api_key(files, account, &why) >= 0)
        return true;
    watched_note(&files->accounts[account].api_key, why.text);
    err_set(err, ERR_USAGE, "[account %s]: api_key_file: %s", files->config->accounts[account].name, why.text);
    tell_waits(err->text);
    return false;
}

/* Nothing is sent before the connection files are good, too. */
static bool files_open_site(struct files *files, size_t account, struct err *err)
{
    int seen[ACCOUNT_WAY_FILES];
    struct err unread[ACCOUNT_WAY_FILES];
    files_look_way(files, account, seen, unread); /* the next check finds what changes from now on */
    struct http_site *site = account_site_new(&files->config->accounts[account], NULL, err);
    if (site == NULL)
        return false;
    http_site_become(files->sites[account], site);
    return true;
}

static bool files_begin_account(struct files *files, size_t account, struct err *err)
{
    struct files_account *one = &files->accounts[account];
    free(one->closed);
    *one = (struct files_account){.closed = NULL};
    http_site_become(files->sites[account], account_site_closed());
    if (files_open_site(files, account, err))
        return files_begin_api_key(files, account, err);
    one->closed = mem_copy(span_of(err->text));
    tell_waits(err->text);
    return false;
}

bool files_account(struct files *files, struct http_site **sites, size_t account)
{
    struct err err;
    files->sites = sites;
    if (account == files->account_count) {
        files->accounts = mem_grow(files->accounts, ++files->account_count, sizeof(*files->accounts));
        files->accounts[account] = (struct files_account){.closed = NULL};
    }
    return files_begin_account(files, account, &err);
}

/* Refused at start only: a running worker obeys when the last key is taken out. */
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
                        bool *closed, struct err *err)
{
    struct files *files = mem_new(1, sizeof(*files));
    *files = (struct files){.config = config, .calls = *calls, .sites = sites};
    memcpy(files->hash_key, hash_key, sizeof(files->hash_key));
    files->keyring.path = config->keyring_file;
    files->accounts = mem_new(config->account_count, sizeof(*files->accounts));
    files->account_count = config->account_count;
    files->next = mono_beat(clock_now().mono, FILES_EVERY_MS);
    if (files_read_keyring(files, keyring, err) < 0 || files_refuse_empty(files, keyring, err) != 0) {
        files_free(files);
        return NULL;
    }
    for (size_t i = 0; i < config->account_count; i++)
        closed[i] = !files_begin_account(files, i, err);
    return files;
}

void files_free(struct files *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < files->account_count; i++)
        free(files->accounts[i].closed);
    free(files->accounts);
    free(files);
}

static bool files_turn_keyring(struct files *files)
{
    struct err err = {0};
    struct keyring *keyring;
    int changed = files_read_keyring(files, &keyring, &err);
    if (changed != 0)
        watched_tell(&files->keyring, changed < 0, err.text);
    if (changed > 0)
        files->calls.keyring(files->calls.context, keyring);
    return changed != 0;
}

static bool files_turn_api_key(struct files *files, size_t account)
{
    struct err err = {0};
    int changed = files_read_api_key(files, account, &err);
    if (changed != 0)
        watched_tell(&files->accounts[account].api_key, changed < 0, err.text);
    if (changed > 0)
        files->calls.api_key(files->calls.context, account);
    return changed != 0;
}

/* An account that cannot be reached: each error is logged once. */
static bool files_turn_site(struct files *files, size_t account)
{
    struct files_account *one = &files->accounts[account];
    struct err err = {0};
    if (!files_open_site(files, account, &err)) {
        if (strcmp(one->closed, err.text) == 0)
            return false;
        tell_waits(err.text);
        free(one->closed);
        one->closed = mem_copy(span_of(err.text));
        return true;
    }
    log_say(LOG_LEVEL_INFO, "reloaded", "[account %s]: what it is reached by",
            files->config->accounts[account].name);
    free(one->closed);
    one->closed = NULL;
    if (files_begin_api_key(files, account, &err))
        files->calls.api_key(files->calls.context, account);
    return true;
}

/* The files are used together once all are good; until then the set before stays: a certificate and its key belong together. */
static bool files_turn_way(struct files *files, size_t account)
{
    struct files_account *one = &files->accounts[account];
    int seen[ACCOUNT_WAY_FILES];
    struct err errs[ACCOUNT_WAY_FILES], why = {0};
    bool changed = files_look_way(files, account, seen, errs), found = changed;
    struct http_site *site = changed ? account_site_new(&files->config->accounts[account], NULL, &why) : NULL;
    for (size_t i = 0; i < ACCOUNT_WAY_FILES; i++) {
        if (seen[i] != 0)
            watched_tell(&one->way[i], seen[i] < 0 || site == NULL, seen[i] < 0 ? errs[i].text : why.text);
        found |= seen[i] != 0;
    }
    if (site == NULL)
        return found;
    bool has_key = http_site_keep_key(site, files->sites[account]);
    http_site_become(files->sites[account], site);
    if (has_key)
        files->calls.api_key(files->calls.context, account);
    return true;
}

bool files_turn(struct files *files, struct mono now, bool now_please)
{
    if (!now_please && !mono_reached(files->next, now))
        return false;
    files->next = mono_beat(now, FILES_EVERY_MS);
    bool found = files_turn_keyring(files);
    for (size_t i = 0; i < files->account_count; i++)
        if (files->accounts[i].closed != NULL)
            found |= files_turn_site(files, i);
        else {
            found |= files_turn_way(files, i);
            found |= files_turn_api_key(files, i);
        }
    return found;
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
    const struct files_account *one = &files->accounts[account];
    bool stale = one->api_key.broken;
    for (size_t i = 0; i < ACCOUNT_WAY_FILES; i++)
        stale |= one->way[i].broken;
    return stale;
}
