/* One HTTP request as the stand-in's calls see it, the reply that they fill, and the answers that are the same
 * everywhere. Nothing here knows the HTTP library. */
#ifndef DEMO_STANDIN_REQUEST_REPLY_H
#define DEMO_STANDIN_REQUEST_REPLY_H

#include <jansson.h>

#include "base/buf.h"
#include "http/server/value.h"

#define STANDIN_PARTS_MAX  6
#define STANDIN_PARAMS_MAX 24
#define STANDIN_ID_SIZE    37 /* a UUID and its 0 */

/* All spans live as long as the request. */
struct standin_request {
    struct span method;
    struct span path;
    struct span parts[STANDIN_PARTS_MAX]; /* of the path; empty ones ("//", a last "/") are left out */
    size_t part_count;                    /* STANDIN_PARTS_MAX + 1 where there are more */
    struct http_value params[STANDIN_PARAMS_MAX];
    size_t param_count;
    struct span accept, authorization, content_type, host;
    struct span body;
    json_t *json;   /* of the body; NULL where there is none, or another content type */
    bool reused;    /* not the first request of its connection */
    bool oversized; /* one header is too long */
};

/* What happens to the connection. */
enum standin_end {
    STANDIN_ANSWERED,
    STANDIN_LAST,  /* answered with `connection: close` */
    STANDIN_LOST,  /* closed without an answer */
    STANDIN_RESET, /* torn down by a reset, without an answer */
};

struct standin_reply {
    unsigned status;
    struct buf body;
    size_t missing;   /* bytes of the body that are announced and never sent: then the connection closes */
    const char *type; /* the content type; JSON when NULL, none at all when "" */
    char other_type[64]; /* where not "": instead of that */
    char location[512], retry_after[64], date[32]; /* headers, where not "" */
    enum standin_end end;
    bool page; /* a page of the chat: the strict content security policy goes with it */
};

void standin_reply_init(struct standin_reply *reply);
void standin_reply_done(struct standin_reply *reply);

/* Cuts `path` into parts. */
void standin_request_set_path(struct standin_request *request, struct span path);
/* Reads `json` of the body; false where that says that it is JSON and is not. Of a repeated member the first one counts,
 * as recorded. An integer beyond 64 bits, which Papercups keeps, makes all numbers of its request reals. */
bool standin_request_read_json(struct standin_request *request);
bool standin_request_is(const struct standin_request *request, const char *method);
bool standin_request_part_is(const struct standin_request *request, size_t index, const char *text);
/* The first query parameter of that name; SPAN_NONE where there is none. */
struct span standin_request_param(const struct standin_request *request, const char *name);
/* Whether a parameter of that name comes as a list ("name[]") or an object ("name[x]"), which is a text to nobody. */
bool standin_request_param_is_list(const struct standin_request *request, const char *name);
/* The value of a decimal parameter; `otherwise` where it is left out or no number of at most 18 digits. */
long long standin_request_number(const struct standin_request *request, const char *name,
                                 long long otherwise);

bool standin_span_has(struct span s, const char *text);

/* The key that the request carries: what stands behind exactly "Bearer ", but for spaces at the end; else empty. */
struct span standin_request_key(const struct standin_request *request);

/* A UUID in any case, written to `out` in lower case; false where text is none. */
bool standin_id_read(struct span text, char out[STANDIN_ID_SIZE]);

/* {"errors":{"detail":…}}: Phoenix' own answer to 400, 404, 406, 413 and 500. */
void standin_reply_detail(struct standin_reply *reply, unsigned status);
/* {"error":{"message":…,"status":…}}: Papercups' own. */
void standin_reply_error(struct standin_reply *reply, unsigned status, const char *message);
void standin_reply_unauthenticated(struct standin_reply *reply);
/* 200 and a page of HTML: the dashboard, to whoever asks for a route that is none. */
void standin_reply_html(struct standin_reply *reply);
/* That status and no byte of a body, no content type either. */
void standin_reply_empty(struct standin_reply *reply, unsigned status);

#endif
