/* What all of our servers do with a request and its reply. What they differ in stays theirs: how a body is bounded while it comes
 * in (the gate bounds all of them together, the stand-in each as Papercups does, the admin pages take none), and which targets
 * there are. */
#ifndef HTTP_SERVER_EXCHANGE_H
#define HTTP_SERVER_EXCHANGE_H

#include <microhttpd.h>

#include "base/buf.h"
#include "http/server/value.h"

/* The values of that kind (MHD_HEADER_KIND, MHD_GET_ARGUMENT_KIND), the first `most` of them into `out`, as they came. Returns
 * how many there are. */
size_t http_values(struct MHD_Connection *connection, enum MHD_ValueKind kind, struct http_value *out, size_t most);

/* Of a reply. Without a value (NULL or "") it is left out. */
struct http_header {
    const char *name, *value;
};

/* Sends the response and destroys it. NULL, without memory: the connection ends without an answer. */
enum MHD_Result http_reply(struct MHD_Connection *connection, unsigned status, struct MHD_Response *response,
                           const struct http_header *headers, size_t header_count);

/* A response with that body, which is taken over: *body is left empty. NULL, and it is still the caller's, without memory. */
struct MHD_Response *http_body_response(struct buf *body);

#endif
