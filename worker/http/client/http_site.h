/* Where HTTP requests go, and with which key. */
#ifndef HTTP_CLIENT_HTTP_SITE_H
#define HTTP_CLIENT_HTTP_SITE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "os/secret.h"

struct http_site;
struct curl_slist;

/* How it is reached: each NULL where that is not said. The three are PEM, the files' content and not their names: libcurl reads a
 * file anew with each connection, so one that was damaged under a running worker would be in use at once, and one that was
 * replaced would not, as long as a connection lasts. */
struct http_way {
    struct span authority;               /* who signs its certificate, instead of the system's */
    struct span certificate, key;        /* what this side shows */
    const char *proxy; /* its URL; "": none. NULL: as the environment says */
};

/* Where requests go and with which key: "Authorization: Bearer KEY" stands in memory that is wiped. The base URL has no
 * slash at its end; where it is empty, nothing is sent. Freed with http_site_free, after the http it is used with. */
struct http_site *http_site_new(const char *base_url, const struct http_way *way);
/* More headers of all requests whose key is set after this: lines of NAME: VALUE, empty ones and those that begin with # are
 * left out. -1 with err, which repeats no value. */
int http_site_add_headers(struct http_site *site, struct span lines, struct err *err);
/* Requests from now on carry this key; those under way keep theirs. -1 with err where no header can carry it. */
int http_site_set_key(struct http_site *site, const struct secret *api_key, struct err *err);
/* Its key is that of `other`, which goes on having it. False: that one has none. */
bool http_site_keep_key(struct http_site *site, const struct http_site *other);
/* Requests from now on go where those of `other` would, and as they would; those under way go on. Frees `other`. */
void http_site_become(struct http_site *site, struct http_site *other);
void http_site_free(struct http_site *site);

/* Sets a handle of libcurl's to reach it. One handle may serve one site after the other, so each option is set each time;
 * libcurl takes no connection that was made in another way. */
void http_site_go_by(const struct http_site *site, void *easy);
const char *http_site_url(const struct http_site *site);
/* The headers of a request that carries the key; the site's. `writes`: one with a JSON body. */
struct curl_slist *http_site_headers(const struct http_site *site, bool writes);

#endif
