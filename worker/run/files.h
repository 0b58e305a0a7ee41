/* The files that may change under a running worker: the keyring, the API keys, and those by which an account is reached. They are
 * looked at every 5 s, by content (mounted directories replace links, not files), and on SIGHUP. A new one is used at once; one
 * that is missing or broken is told in the log once, and what was read before stays in use. */
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
    void (*api_key)(void *context, size_t account);          /* its site has the new key, or what it is reached by, already */
    void *context;
};

/* Reads all of them once; the keyring is *keyring. NULL with err where that is no good. An API key that is no good, or another
 * file by which an account is reached, is told in the log, and closed[account] set: one account's mistake keeps none of the
 * others down. The sites, one of each account, become what the configuration says. */
struct files *files_new(const struct config *config, const unsigned char hash_key[16],
                        const struct files_calls *calls, struct keyring **keyring, struct http_site **sites,
                        bool *closed, struct err *err);
void files_free(struct files *files);

/* The configuration of that account is another, or it is new (the one behind the last): its files are read. False: one of them
 * is no good, as files_new says. */
bool files_account(struct files *files, struct http_site **sites, size_t account);

/* Looks again, where it is time, or `now_please`. Whether it found anything new. */
bool files_turn(struct files *files, struct mono now, bool now_please);
struct mono files_deadline(const struct files *files);

/* When the keyring in use was read (Unix ms), how many keys it has, and whether the file holds another that is no
 * good. */
int64_t files_keyring_read_at_ms(const struct files *files);
size_t files_keyring_size(const struct files *files);
bool files_keyring_is_stale(const struct files *files);
/* The same of an account's API key, and of the files by which it is reached. */
bool files_api_key_is_stale(const struct files *files, size_t account);

#endif
