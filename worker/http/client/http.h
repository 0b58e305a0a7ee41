/* HTTP over libcurl's multi-socket interface, on the loop's epoll. It knows nothing of Papercups. What it can tell apart
 * is what deliveries stand on: a complete answer, "nothing was sent", and "sent, but no complete answer". */
#ifndef HTTP_CLIENT_HTTP_H
#define HTTP_CLIENT_HTTP_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json_fold.h"
#include "base/moment.h"
#include "http/client/http_site.h"
#include "papercups/reply.h"

struct http;

/* `done` is called from http_turn, never from http_send; the reply's spans live until it returns. */
typedef void http_done(void *context, uint64_t handle, const struct reply *reply);

struct http *http_new(int epoll_fd, uint64_t epoll_tag, int64_t timeout_ms, http_done *done, void *context,
                      struct err *err);
void http_free(struct http *http);

/* Begins a request. The body (empty: none) is taken over; `fold`: what is kept of the answer as it comes (NULL: all).
 * What writes and has not left when `until` comes does not leave: nothing was sent. The clock is looked at right before the body's bytes are written, so that a process that was stopped
 * meanwhile writes nothing when it goes on. `traceparent`: a valid one, which it carries as that header; SPAN_NONE. */
void http_send(struct http *http, uint64_t handle, const struct http_site *site, const char *method, const char *path,
               struct buf *body, const struct json_fold_rule *fold, struct mono until, struct span traceparent);

/* What epoll said about a descriptor registered under the tag. */
void http_ready(struct http *http, int fd, uint32_t events);
/* Serves curl's timer, and tells what has been answered since. */
void http_turn(struct http *http, struct mono now);
/* When http_turn is due at the latest. */
struct mono http_deadline(const struct http *http);

/* One request, waited for: for the checks at start, before there is a loop. The body is the caller's (buf_done). */
void http_get(const struct http_site *site, const char *path, int64_t timeout_ms, struct reply *reply,
              struct buf *body);

#endif
