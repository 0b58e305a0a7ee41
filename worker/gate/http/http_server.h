/* The gate's side of libmicrohttpd: a thread for each connection, so that a route may block; limits on connections, on the time
 * that a request takes to arrive, and on its size. */
#ifndef GATE_HTTP_HTTP_SERVER_H
#define GATE_HTTP_HTTP_SERVER_H

#include "base/err.h"
#include "gate/http/connections.h"
#include "gate/http/request_reply.h"
#include "http/server/listen.h"

struct http_server;

/* Answers one request; called by many threads at once. */
typedef void http_answer(void *context, struct gate_request *request, struct gate_reply *reply);

/* Called with the reply before any byte of it is sent. */
typedef void http_answered(void *context, const struct gate_reply *reply);

struct http_server_options {
    const char *address; /* to listen at */
    bool forwarded;      /* who asks is what a proxy adds to X-Forwarded-For, not the proxy */
    size_t of_address;   /* connections from one address, the proxy's where there is one; 0: any number */
    http_answer *answer;
    http_answered *answered;
    void *context;
};

/* Listens, so that its URL is known, and answers nobody yet. NULL with err. */
struct http_server *http_server_new(const struct http_server_options *options, struct err *err);
/* From now on requests are answered. -1 with err. */
int http_server_start(struct http_server *server, struct err *err);
/* Takes no more connections and no more requests, and waits at most that long until those that it has are answered. */
void http_server_drain(struct http_server *server, int64_t wait_ms);
/* Closes what is left. */
void http_server_free(struct http_server *server);

void http_server_count(struct http_server *server, struct connections_counts *out);
/* http://127.0.0.1:8787, with the port that it got. */
const char *http_server_url(const struct http_server *server);

#endif
