#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "config/secrets.h"
#include "doctor/examination.h"
#include "event/identity.h"
#include "event/keyring.h"
#include "os/clock.h"
#include "os/mark_secret.h"
#include "os/secret.h"

#define KEYRING_DEPTH 8 /* of one that was read it is less */

/* ---- the keyring ---- */

static bool entry_signs(const struct keyring_entry *entry, const char *account, int64_t now_ms)
{
    return !entry->revoked && entry->not_before_ms <= now_ms && now_ms <= entry->not_after_ms &&
           keyring_entry_grants(entry, span_of(account));
}

/* An account whose events nobody may sign now. `keys`: the file's own list, which says what there is in the keyring. */
static void grants_check(struct examination *examination, const struct keyring *keyring, const json_t *keys)
{
    const struct config *config = examination->config;
    int64_t now_ms = clock_now().wall.ms;
    for (size_t i = 0; i < config->account_count; i++) {
        const char *account = config->accounts[i].name;
        bool granted = false;
        size_t at;
        json_t *entry;
        json_array_foreach(keys, at, entry)
            granted = granted || entry_signs(keyring_find(keyring, json_member_span(entry, "id")), account, now_ms);
        if (granted)
            continue;
        struct finding finding = {.level = FINDING_WARNING};
        FINDING_PUT(finding.what, "no key in %.400s that is valid now may write to account %s", config->keyring_file, account);
        FINDING_PUT(finding.why, "every event for it is rejected");
        FINDING_PUT(finding.command, "cupbearer keygen NAME --account %s --keyring %.600s", account, config->keyring_file);
        examination_take(examination, &finding);
    }
}

static void keyring_check(struct examination *examination)
{
    const char *path = examination->config->keyring_file;
    static const unsigned char hash_key[16]; /* nobody chooses what is looked up in this one */
    struct secret text;
    struct err err, why;
    if (access(path, F_OK) != 0)
        return; /* that was said */
    if (secret_read(path, KEYRING_SIZE_MAX, &text, &err) != 0) {
        examination_err(examination, &err);
        return;
    }
    struct span json = {(const char *)text.data, text.size};
    struct keyring *keyring = keyring_read(json, hash_key, &why);
    if (keyring == NULL) {
        examination_say(examination, FINDING_PROBLEM, "%s: %s", path, why.text);
    } else if (keyring_size(keyring) == 0) {
        struct finding finding = {.level = FINDING_PROBLEM, .why = "every event would be rejected"};
        FINDING_PUT(finding.what, "%.400s has no keys", path);
        FINDING_PUT(finding.command, "cupbearer keygen NAME --account ACCOUNT --keyring %.600s", path);
        examination_take(examination, &finding);
    } else {
        examination_say(examination, FINDING_OK, "%s: %zu key%s", path, keyring_size(keyring),
                        keyring_size(keyring) == 1 ? "" : "s");
        json_t *root = json_read(json, KEYRING_DEPTH, NULL);
        grants_check(examination, keyring, json_object_get(root, "keys"));
        json_decref(root);
    }
    keyring_free(keyring);
    secret_done(&text);
}

/* ---- the rest ---- */

static void mark_secret_check(struct examination *examination, const char *path, size_t index)
{
    struct key secret;
    struct err err;
    if (path == NULL || access(path, F_OK) != 0)
        return;
    if (mark_secret_read(path, &secret, &err) != 0) {
        examination_err(examination, &err);
        return;
    }
    examination->secrets[index] = identity_secret_fingerprint(&secret);
    examination->has_secret = examination->has_secret || index == 0;
    key_done(&secret);
    examination_say(examination, FINDING_OK, "%s: a mark secret", path);
}

static void permissions_check(struct examination *examination)
{
    const struct config *config = examination->config;
    for (size_t i = 0; i < config->open_secret_count; i++) {
        struct finding finding = {.level = FINDING_WARNING, .why = "it holds a secret"};
        FINDING_PUT(finding.what, "every user may read %.800s", config->open_secrets[i]);
        FINDING_PUT(finding.command, "chmod o-rwx %.800s", config->open_secrets[i]);
        examination_take(examination, &finding);
    }
}

void examine_files(struct examination *examination)
{
    const struct config *config = examination->config;
    bool gate = config->gate.tokens_file != NULL || config->gate.key_file != NULL;
    examination_begin(examination, "files");
    config_secrets_missing(config, gate, &examination->here);
    keyring_check(examination);
    mark_secret_check(examination, config->mark_secret_file, 0);
    mark_secret_check(examination, config->mark_secret_previous_file, 1);
    permissions_check(examination);
    if (config->state_dir != NULL && access(config->state_dir, W_OK | X_OK) != 0) {
        struct finding finding = {.level = FINDING_PROBLEM, .why = "the lock on group_instance_id is made there"};
        FINDING_PUT(finding.what, "[worker] state_dir: this user cannot write to %.800s", config->state_dir);
        FINDING_PUT(finding.command, "install -d -m 0750 -o cupbearer %.800s", config->state_dir);
        examination_take(examination, &finding);
    }
}
