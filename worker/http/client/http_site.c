#include "http/client/http_site.h"

#include <curl/curl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"

#define KEY_HEADER "Authorization: Bearer "

struct http_headers {
    struct http_headers *before;
    struct curl_slist *read, *write;
};

struct http_site {
    char *base_url;
    struct http_way way;     /* what it points to is the site's */
    struct curl_slist *more; /* headers of each request */
    struct http_headers
        *headers; /* in use; behind it those before, which requests under way may still read */
};

static struct curl_slist *slist_add(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (longer == NULL)
        abort(); /* as base/mem.h */
    return longer;
}

/* `authorization`: a line, or NULL for none. */
static void headers_put(struct http_site *site, const char *authorization)
{
    struct http_headers *headers = mem_new(1, sizeof(*headers));
    if (authorization != NULL) {
        headers->read = slist_add(NULL, authorization);
        headers->write = slist_add(NULL, authorization);
    }
    for (const struct curl_slist *at = site->more; at != NULL; at = at->next) {
        headers->read = slist_add(headers->read, at->data);
        headers->write = slist_add(headers->write, at->data);
    }
    headers->write = slist_add(headers->write, "Content-Type: application/json");
    /* No 100-continue: one round trip less, one state less. */
    headers->write = slist_add(headers->write, "Expect:");
    headers->before = site->headers;
    site->headers = headers;
}

static struct span pem_copy(struct span pem)
{
    return pem.data == NULL ? pem : (struct span){mem_copy(pem), pem.size};
}

static void pem_free(struct span pem)
{
    char *data = (char *)(uintptr_t)pem.data;
    if (data != NULL)
        explicit_bzero(data, pem.size);
    free(data);
}

static void way_free(struct http_way *way)
{
    pem_free(way->authority);
    pem_free(way->certificate);
    pem_free(way->key);
    free((char *)(uintptr_t)way->proxy);
}

struct http_site *http_site_new(const char *base_url, const struct http_way *way)
{
    struct http_site *site = mem_new(1, sizeof(*site));
    site->base_url = mem_copy(span_of(base_url));
    site->way = (struct http_way){.authority = pem_copy(way->authority),
                                  .certificate = pem_copy(way->certificate),
                                  .key = pem_copy(way->key),
                                  .proxy = way->proxy == NULL ? NULL : mem_copy(span_of(way->proxy))};
    headers_put(site, NULL);
    return site;
}

/* Those that the worker, or libcurl, writes itself, or that change what a request is. */
static bool header_is_own(struct span name)
{
    static const char *const names[] = {
        "authorization", "content-type", "content-length", "host", "transfer-encoding", "connection", "expect",
        "accept-encoding", "te", "trailer", "upgrade", "keep-alive", "proxy-connection", "range"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (name.size == strlen(names[i]) && strncasecmp(name.data, names[i], name.size) == 0)
            return true;
    return false;
}

static const char *header_problem(struct span line)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    struct span value = line, name = span_cut(&value, ':');
    if (name.size == 0 || name.size == line.size || !span_only(name, token))
        return "is not of the form NAME: VALUE";
    if (header_is_own(name))
        return "is a header that the worker sets itself";
    bool empty = true;
    for (size_t i = 0; i < value.size; i++) {
        if ((value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] > '~')
            return "holds a character that no HTTP header can carry";
        empty = empty && (value.data[i] == ' ' || value.data[i] == '\t');
    }
    return empty ? "has no value" : NULL;
}

int http_site_add_headers(struct http_site *site, struct span lines, struct err *err)
{
    for (int number = 1; lines.size > 0; number++) {
        struct span line = span_trim_end(span_cut(&lines, '\n'));
        if (line.size == 0 || line.data[0] == '#')
            continue;
        const char *problem = header_problem(line);
        if (problem != NULL)
            return err_set(err, ERR_USAGE, "line %d %s", number, problem);
        char *copy = mem_copy(line);
        site->more = slist_add(site->more, copy);
        explicit_bzero(copy, line.size);
        free(copy);
    }
    headers_put(site, NULL); /* until it has a key */
    return 0;
}

int http_site_set_key(struct http_site *site, const struct secret *api_key, struct err *err)
{
    for (size_t i = 0; i < api_key->size; i++)
        if (api_key->data[i] <= ' ' || api_key->data[i] > '~')
            return err_set(err, ERR_USAGE,
                           "the API key for %s holds a character that no HTTP header can carry",
                           site->base_url);
    struct buf line;
    buf_init(&line, 8192);
    buf_add_text(&line, KEY_HEADER);
    buf_add(&line, api_key->data, api_key->size);
    headers_put(site, line.data);
    explicit_bzero(line.data, line.size);
    buf_done(&line);
    return 0;
}

/* A key's header stands first. */
bool http_site_keep_key(struct http_site *site, const struct http_site *other)
{
    const struct curl_slist *first = other->headers->read;
    bool has_key = first != NULL && strncmp(first->data, KEY_HEADER, strlen(KEY_HEADER)) == 0;
    if (has_key)
        headers_put(site, first->data);
    return has_key;
}

static void headers_free(struct curl_slist *list)
{
    for (struct curl_slist *at = list; at != NULL; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(list);
}

void http_site_free(struct http_site *site)
{
    if (site == NULL)
        return;
    while (site->headers != NULL) {
        struct http_headers *headers = site->headers;
        site->headers = headers->before;
        headers_free(headers->read);
        headers_free(headers->write);
        free(headers);
    }
    headers_free(site->more);
    way_free(&site->way);
    free(site->base_url);
    free(site);
}

void http_site_become(struct http_site *site, struct http_site *other)
{
    struct http_site before = *site;
    struct http_headers **oldest = &other->headers;
    while (*oldest != NULL)
        oldest = &(*oldest)->before;
    *oldest = before.headers; /* requests under way read them */
    *site = *other;
    *other = (struct http_site){.base_url = before.base_url, .way = before.way, .more = before.more};
    http_site_free(other);
}

/* Left out where it is NULL. */
static void go_by_pem(CURL *easy, CURLoption option, struct span pem)
{
    struct curl_blob blob = {(char *)(uintptr_t)pem.data, pem.size, CURL_BLOB_COPY};
    curl_easy_setopt(easy, option, pem.data == NULL ? NULL : &blob);
}

void http_site_go_by(const struct http_site *site, void *easy)
{
    const struct http_way *way = &site->way;
    char *ca_file = NULL, *ca_directory = NULL; /* libcurl's own */
    curl_easy_setopt(easy, CURLOPT_PROXY, way->proxy);
    go_by_pem(easy, CURLOPT_SSLCERT_BLOB, way->certificate);
    go_by_pem(easy, CURLOPT_SSLKEY_BLOB, way->key);
    go_by_pem(easy, CURLOPT_CAINFO_BLOB, way->authority);
    curl_easy_getinfo(easy, CURLINFO_CAINFO, &ca_file);
    curl_easy_getinfo(easy, CURLINFO_CAPATH, &ca_directory);
    curl_easy_setopt(easy, CURLOPT_CAINFO, way->authority.data != NULL ? NULL : ca_file);
    /* Beside a directory libcurl shares nothing of the file: each connection reads it for itself, 1 MiB and 20 ms. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, way->authority.data != NULL || ca_file != NULL ? NULL : ca_directory);
}

const char *http_site_url(const struct http_site *site)
{
    return site->base_url;
}

struct curl_slist *http_site_headers(const struct http_site *site, bool writes)
{
    return writes ? site->headers->write : site->headers->read;
}
