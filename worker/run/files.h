/* The files that may change under a running worker: keyring, API keys, and the files that it takes to reach an account. They are
 * checked every 5 s by content (mounted directories swap links, not files), and on SIGHUP. A good new version is used at once; a
 * missing or broken one is logged once, and the version before stays in use. */
#ifndef RUN_FILES_H
#define RUN_FILES_H

#include "base/moment.h"
#include "config/config.h"
#include "engine/engine.h"
#include "http/client/http.h"

#define FILES_EVERY_MS 5000

struct files;

/* Called from files_turn only. */
struct files_calls {
    void (*keyring)(void *context, struct keyring *keyring); /* to be taken over */
    void (*api_key)(void *context, size_t account);          /* its site already has the new key, or connection files */
    void *context;
};

/* Reads all of them once. NULL with err if the keyring is no good, else it is in *keyring. If an account's API key, or a file that
 * it takes to reach it, is no good, that is logged and closed[account] set: one account's mistake must not keep the others from
 * starting. The sites, one for each account, are set up as the configuration says. */
struct files *files_new(const struct config *config, const unsigned char hash_key[16],
                        const struct files_calls *calls, struct keyring **keyring, struct http_site **sites,
                        bool *closed, struct err *err);
void files_free(struct files *files);

/* That account's configuration has changed, or the account is new (one behind the last): reads its files. False if one of them is
 * no good, as with files_new. */
bool files_account(struct files *files, struct http_site **sites, size_t account);

/* Checks again when it is time to, or if `now_please`. Whether anything is new. */
bool files_turn(struct files *files, struct mono now, bool now_please);
struct mono files_deadline(const struct files *files);

/* When the keyring in use was read (Unix ms), how many keys it has, and whether the file now holds a version that is no good. */
int64_t files_keyring_read_at_ms(const struct files *files);
size_t files_keyring_size(const struct files *files);
bool files_keyring_is_stale(const struct files *files);
/* Likewise, of an account's API key and connection files. */
bool files_api_key_is_stale(const struct files *files, size_t account);

#endif
