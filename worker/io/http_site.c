#include "io/http_site.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

struct http_headers {
    struct http_headers *before;
    struct curl_slist *read, *write;
};

struct http_site {
    char *base_url;
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
    headers->write = slist_add(headers->write, "Content-Type: application/json");
    /* No 100-continue: one round trip less, one state less. */
    headers->write = slist_add(headers->write, "Expect:");
    headers->before = site->headers;
    site->headers = headers;
}

struct http_site *http_site_new(const char *base_url)
{
    struct http_site *site = mem_new(1, sizeof(*site));
    site->base_url = mem_copy(span_of(base_url));
    headers_put(site, NULL);
    return site;
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
    buf_add_text(&line, "Authorization: Bearer ");
    buf_add(&line, api_key->data, api_key->size);
    headers_put(site, line.data);
    explicit_bzero(line.data, line.size);
    buf_done(&line);
    return 0;
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
    free(site->base_url);
    free(site);
}

const char *http_site_url(const struct http_site *site)
{
    return site->base_url;
}

struct curl_slist *http_site_headers(const struct http_site *site, bool writes)
{
    return writes ? site->headers->write : site->headers->read;
}
