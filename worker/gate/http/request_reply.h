/* One request as the gate's routes see it and the reply that they fill. Nothing here knows the HTTP library. */
#ifndef GATE_HTTP_REQUEST_REPLY_H
#define GATE_HTTP_REQUEST_REPLY_H

#include <jansson.h>

#include "base/buf.h"
#include "gate/access/tokens.h"
#include "gate/http/target.h"

#define GATE_HEADERS_MAX 64
#define GATE_BODY_MAX    (1u << 20) /* a record of the largest payload, written as JSON */
#define GATE_JSON_DEPTH  24
#define GATE_JSON_VALUES 10000 /* 16 KiB of metadata hold 8,192 */

/* All spans live as long as the request. */
struct gate_request {
    struct span method; /* GET for HEAD too */
    struct target target;
    struct http_value headers[GATE_HEADERS_MAX];
    size_t header_count;
    struct span body;
    const struct token *token; /* only on routes with ROUTE_TOKEN */
    json_t *json;              /* of the body, an object; only on routes with ROUTE_JSON */
    char address[64];          /* who asks, in numbers: the connection's other end, or what the proxy says */
};

/* A reply that goes on. Called for more: waits for at most some seconds, appends what there is to `out` (nothing: a line
 * that keeps the connection alive goes out). False: that was all. */
typedef bool gate_stream(void *context, struct buf *out);

struct gate_reply {
    unsigned status;
    const char *type; /* the content type; JSON when NULL */
    bool gzipped;     /* the bytes are gzip, and the client accepts that */
    struct buf body;
    struct span fixed; /* instead of body: bytes that live as long as the program */
    bool page;         /* the content security policy of pages goes with it */
    char allow[64];    /* headers, where not "" */
    char origin[300];  /* Access-Control-Allow-Origin */
    bool preflight;    /* and what may be sent from there */
    int64_t retry_after_s;
    bool wants_token; /* WWW-Authenticate */
    bool wants_unpacked; /* Accept-Encoding: RFC 9110, 15.5.16 */
    bool last;        /* of its connection */
    unsigned route;   /* that was asked for, as routes_name takes it; 0: none */
    gate_stream *stream;
    void *stream_context;
    void (*stream_done)(void *context);
};

/* The value of the header, in lower case here; SPAN_NONE where it is not there, or more than once. */
struct span gate_request_header(const struct gate_request *request, const char *name);
/* How often the header is there. */
size_t gate_request_header_count(const struct gate_request *request, const char *name);
/* The token of "Authorization: Bearer TOKEN"; SPAN_NONE where there is none. */
struct span gate_request_bearer(const struct gate_request *request);
/* Whether the content type is JSON. */
bool gate_request_is_json(const struct gate_request *request);
/* A number in the query from 0 to `most`; `otherwise` where it is left out. False where it is something else. */
bool gate_request_number(const struct gate_request *request, const char *name, int64_t most,
                         int64_t otherwise, int64_t *out);

void gate_reply_init(struct gate_reply *reply);
void gate_reply_done(struct gate_reply *reply);
/* Takes `json` over. */
void gate_reply_json(struct gate_reply *reply, unsigned status, json_t *json);
/* {"error": text, "reason"?, "field"?}; NULL for what is left out. The text says what is wrong and what to do. */
void gate_reply_error(struct gate_reply *reply, unsigned status, const char *reason, const char *field,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
