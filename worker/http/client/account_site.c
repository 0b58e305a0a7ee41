#include "http/client/account_site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/form.h"
#include "os/log.h"
#include "os/secret.h"

#define HEADERS_MAX 8192

/* libcurl reads it, with each connection: a pipe would hold up all accounts. */
static int readable(const struct config_account *account, const char *name, const char *path,
                    const char **setting, struct err *err)
{
    struct stat status;
    if (path == NULL)
        return 0;
    *setting = name;
    if (stat(path, &status) != 0 || access(path, R_OK) != 0)
        return err_set(err, ERR_USAGE, "[account %s]: %s %s: %s", account->name, name, path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return err_set(err, ERR_USAGE, "[account %s]: %s %s is not a regular file", account->name, name, path);
    return 0;
}

static int headers_read(struct http_site *site, const struct config_account *account, const char **setting,
                        struct err *err)
{
    struct secret lines;
    struct err why;
    if (account->headers_file == NULL)
        return 0;
    *setting = "headers_file";
    if (secret_read(account->headers_file, HEADERS_MAX, &lines, &why) != 0)
        return err_set(err, ERR_USAGE, "[account %s]: headers_file: %s", account->name, why.text);
    int result = http_site_add_headers(site, (struct span){(const char *)lines.data, lines.size}, &why);
    secret_done(&lines);
    if (result == 0)
        return 0;
    return err_set(err, ERR_USAGE, "[account %s]: headers_file %s: %s", account->name, account->headers_file, why.text);
}

struct http_site *account_site_new(const struct config_account *account, const char **setting, struct err *err)
{
    bool direct = account->proxy != NULL && strcmp(account->proxy, "none") == 0;
    const struct http_way way = {.ca_file = account->ca_file,
                                 .client_certificate_file = account->client_certificate_file,
                                 .client_key_file = account->client_key_file,
                                 .proxy = direct ? "" : account->proxy};
    const char *looked_at;
    struct http_site *site = http_site_new(account->url, &way);
    if (readable(account, "ca_file", way.ca_file, &looked_at, err) == 0 &&
        readable(account, "client_certificate_file", way.client_certificate_file, &looked_at, err) == 0 &&
        readable(account, "client_key_file", way.client_key_file, &looked_at, err) == 0 &&
        headers_read(site, account, &looked_at, err) == 0)
        return site;
    if (setting != NULL)
        *setting = looked_at;
    http_site_free(site);
    return NULL;
}

struct http_site *account_site_closed(void)
{
    return http_site_new("", &(struct http_way){0});
}

/* What libcurl takes for a URL of that scheme; NULL: none. HTTP_PROXY is not among them: it may come from a client. */
static const char *environment_proxy(bool plain, const char **variable)
{
    static const char *const names[2][4] = {{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"},
                                            {"http_proxy", "all_proxy", "ALL_PROXY", NULL}};
    for (size_t i = 0; i < 4 && names[plain][i] != NULL; i++) {
        const char *value = getenv(names[plain][i]);
        *variable = names[plain][i];
        if (value != NULL && value[0] != 0)
            return value;
    }
    return NULL;
}

/* The host of HOST[:PORT][/…], without whatever user and password stand before it. */
static struct span host_of(const char *url)
{
    const char *scheme = strstr(url, "://");
    struct span rest = span_of(scheme == NULL ? url : scheme + 3), host = span_cut(&rest, '/');
    const char *at = memrchr(host.data, '@', host.size);
    return at == NULL ? host : span_skip(host, (size_t)(at - host.data) + 1);
}

void account_site_tell(const struct config_account *account)
{
    const char *variable = NULL;
    bool plain = strncmp(account->url, "http://", 7) == 0;
    const char *proxy = account->proxy != NULL ? NULL : environment_proxy(plain, &variable);
    if (proxy != NULL) {
        struct span host = host_of(proxy);
        log_say(plain ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "proxy",
                "[account %s]: %s is set, so requests go by %.*s, unless no_proxy names their host%s. Say it in proxy, or "
                "proxy = none",
                account->name, variable, SPAN_ARGS(host), plain ? ", and that one reads the API key" : "");
    }
    struct span first = account->proxy != NULL && strcmp(account->proxy, "none") != 0 ? host_of(account->proxy)
                                                                                      : host_of(account->url);
    if (plain && !form_is_loopback(first))
        log_say(LOG_LEVEL_WARNING, "plain_http",
                "[account %s]: url begins with http://, and what leaves this machine is not encrypted: everybody on the way "
                "can read the API key and the messages",
                account->name);
}
