#include "http/client/account_site.h"

#include <stdlib.h>
#include <string.h>

#include "config/form.h"
#include "http/client/pem.h"
#include "os/secret.h"

/* What the files hold that this account is reached by. */
struct way_files {
    struct secret list[ACCOUNT_WAY_FILES];
};

static void way_files_done(struct way_files *files)
{
    for (size_t i = 0; i < ACCOUNT_WAY_FILES; i++)
        secret_done(&files->list[i]);
}

struct account_way_file account_way_file(const struct config_account *account, enum account_way which)
{
    switch (which) {
    case ACCOUNT_AUTHORITY:
        return (struct account_way_file){"ca_file", account->ca_file, ACCOUNT_PEM_MAX};
    case ACCOUNT_CERTIFICATE:
        return (struct account_way_file){"client_certificate_file", account->client_certificate_file, ACCOUNT_PEM_MAX};
    case ACCOUNT_KEY:
        return (struct account_way_file){"client_key_file", account->client_key_file, ACCOUNT_PEM_MAX};
    case ACCOUNT_HEADERS:
    case ACCOUNT_WAY_FILES:
        break;
    }
    return (struct account_way_file){"headers_file", account->headers_file, ACCOUNT_HEADERS_MAX};
}

static struct span content_of(const struct way_files *files, enum account_way which)
{
    return (struct span){(const char *)files->list[which].data, files->list[which].size};
}

static int way_files_read(struct way_files *files, const struct config_account *account, const char **setting,
                          struct err *err)
{
    struct err why;
    *files = (struct way_files){.list = {{NULL, 0}}};
    for (size_t i = 0; i < ACCOUNT_WAY_FILES; i++) {
        const struct account_way_file file = account_way_file(account, (enum account_way)i);
        *setting = file.setting;
        if (file.path == NULL)
            continue;
        if (secret_read(file.path, file.max_size, &files->list[i], &why) != 0)
            err_set(err, ERR_USAGE, "[account %s]: %s: %s", account->name, file.setting, why.text);
        else if (i != ACCOUNT_HEADERS && pem_check(content_of(files, (enum account_way)i), &why) != 0)
            err_set(err, ERR_USAGE, "[account %s]: %s %s: %s", account->name, file.setting, file.path, why.text);
        else
            continue;
        way_files_done(files);
        return -1;
    }
    return 0;
}

struct http_site *account_site_new(const struct config_account *account, const char **setting, struct err *err)
{
    struct way_files files;
    struct err why;
    const char *looked_at;
    int result = way_files_read(&files, account, &looked_at, err);
    if (setting != NULL)
        *setting = looked_at;
    if (result != 0)
        return NULL;
    bool direct = account->proxy != NULL && strcmp(account->proxy, "none") == 0;
    const struct http_way way = {.authority = content_of(&files, ACCOUNT_AUTHORITY),
                                 .certificate = content_of(&files, ACCOUNT_CERTIFICATE),
                                 .key = content_of(&files, ACCOUNT_KEY),
                                 .proxy = direct ? "" : account->proxy};
    struct http_site *site = http_site_new(account->url, &way);
    if (account->headers_file != NULL)
        result = http_site_add_headers(site, content_of(&files, ACCOUNT_HEADERS), &why);
    way_files_done(&files);
    if (result == 0)
        return site;
    err_set(err, ERR_USAGE, "[account %s]: headers_file %s: %s", account->name, account->headers_file, why.text);
    http_site_free(site);
    return NULL;
}

int account_site_key(struct http_site *site, const struct config_account *account, struct err *err)
{
    struct secret key;
    if (secret_read(account->api_key_file, ACCOUNT_API_KEY_MAX, &key, err) != 0)
        return -1;
    int result = http_site_set_key(site, &key, err);
    secret_done(&key);
    return result;
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

static void tell_proxy(const struct config_account *account, const char *variable, const char *proxy, bool plain,
                       const struct finding_sink *sink)
{
    struct finding finding = {.level = plain ? FINDING_WARNING : FINDING_OK};
    struct span host = host_of(proxy);
    FINDING_PUT(finding.what,
                "[account %s]: %s is set, so requests go by %.*s, unless no_proxy names their host%s", account->name, variable,
                SPAN_ARGS(host), plain ? ", and that one reads the API key" : "");
    FINDING_PUT(finding.fix, "Say it in proxy, or proxy = none");
    finding_report(sink, &finding, "proxy", NULL);
}

void account_site_tell(const struct config_account *account, const struct finding_sink *sink)
{
    const char *variable = NULL;
    bool plain = strncmp(account->url, "http://", 7) == 0;
    const char *proxy = account->proxy != NULL ? NULL : environment_proxy(plain, &variable);
    if (proxy != NULL)
        tell_proxy(account, variable, proxy, plain, sink);
    struct span first = account->proxy != NULL && strcmp(account->proxy, "none") != 0 ? host_of(account->proxy)
                                                                                      : host_of(account->url);
    struct finding finding = {.level = FINDING_WARNING};
    if (!plain || form_is_loopback(first))
        return;
    FINDING_PUT(finding.what, "[account %s]: url begins with http://, and what leaves this machine is not encrypted", account->name);
    FINDING_PUT(finding.why, "everybody on the way can read the API key and the messages");
    finding_report(sink, &finding, "plain_http", NULL);
}
