/* An account's site, as it is configured: its URL, and how it is reached. */
#ifndef HTTP_CLIENT_ACCOUNT_SITE_H
#define HTTP_CLIENT_ACCOUNT_SITE_H

#include "config/config.h"
#include "http/client/http_site.h"
#include "os/finding.h"

#define ACCOUNT_PEM_MAX     1048576 /* bytes; the system's list of authorities has some 220,000 */
#define ACCOUNT_HEADERS_MAX 8192
#define ACCOUNT_API_KEY_MAX 4096

/* The files by which an account is reached, beside its key's. */
enum account_way { ACCOUNT_AUTHORITY, ACCOUNT_CERTIFICATE, ACCOUNT_KEY, ACCOUNT_HEADERS, ACCOUNT_WAY_FILES };

struct account_way_file {
    const char *setting, *path; /* path: the account's; NULL: none is named */
    size_t max_size;
};

struct account_way_file account_way_file(const struct config_account *account, enum account_way which);

/* Without its key. NULL with ERR_USAGE where a file is no good; *setting (unless NULL) then names it. */
struct http_site *account_site_new(const struct config_account *account, const char **setting, struct err *err);
/* Gives it the key that the account's file holds now. -1 with err, which does not name the account. */
int account_site_key(struct http_site *site, const struct config_account *account, struct err *err);
/* One to which nothing is sent, until it becomes another. */
struct http_site *account_site_closed(void);

/* Says by which ways the API key leaves this machine that somebody may not mean: in the clear, or by a proxy that only the
 * environment names; to the sink, or (NULL) to the log. */
void account_site_tell(const struct config_account *account, const struct finding_sink *sink);

#endif
