#include "gate/http/http_reply.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/traceparent.h"
#include "http/server/exchange.h"

#define PAGE_POLICY                                                                                          \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "          \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define BLOCK_BYTES 16384
#define STREAM_MAX  (1u << 20)
#define TAKEN_S     60U /* for what a stream said to be taken */

/* ---- streams ---- */

struct flow {
    gate_stream *more;
    void *context;
    void (*done)(void *context);
    struct idle *idle;
    struct idle_connection *connection;
    struct buf text; /* what is to be sent next */
    size_t sent;
    bool ended;
};

static ssize_t flow_read(void *cls, uint64_t position, char *to, size_t most)
{
    struct flow *flow = cls;
    (void)position;
    if (flow->sent == flow->text.size) {
        if (flow->ended)
            return MHD_CONTENT_READER_END_OF_STREAM;
        buf_clear(&flow->text);
        flow->sent = 0;
        idle_busy(flow->connection);
        flow->ended = !flow->more(flow->context, &flow->text);
        if (flow->text.failed)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (flow->text.size == 0)
            buf_add_text(&flow->text, ":\n\n");
        idle_wait(flow->idle, flow->connection, TAKEN_S);
    }
    size_t size = flow->text.size - flow->sent;
    size = size > most ? most : size;
    memcpy(to, flow->text.data + flow->sent, size);
    flow->sent += size;
    return (ssize_t)size;
}

static void flow_free(void *cls)
{
    struct flow *flow = cls;
    if (flow->done != NULL)
        flow->done(flow->context);
    buf_done(&flow->text);
    free(flow);
}

static struct MHD_Response *flow_response(struct idle *idle, struct MHD_Connection *connection,
                                          struct gate_reply *reply)
{
    struct flow *flow = mem_new(1, sizeof(*flow));
    *flow = (struct flow){
        .more = reply->stream, .context = reply->stream_context, .done = reply->stream_done, .idle = idle};
    flow->connection = idle_of(connection);
    reply->stream_done = NULL;
    buf_init(&flow->text, STREAM_MAX);
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, flow_read, flow, flow_free);
    if (response == NULL)
        flow_free(flow);
    return response;
}

/* ---- the rest ---- */

/* The response takes the body over. */
static struct MHD_Response *body_response(struct gate_reply *reply)
{
    if (reply->fixed.data != NULL)
        return MHD_create_response_from_buffer(reply->fixed.size, (void *)(uintptr_t)reply->fixed.data,
                                               MHD_RESPMEM_PERSISTENT);
    return http_body_response(&reply->body);
}

enum MHD_Result http_reply_send(struct idle *idle, struct MHD_Connection *connection,
                                struct gate_reply *reply)
{
    if (reply->body.failed)
        gate_reply_error(reply, 500, NULL, NULL, "the answer is too large");
    char seconds[24] = "";
    if (reply->retry_after_s > 0)
        snprintf(seconds, sizeof(seconds), "%lld", (long long)reply->retry_after_s);
    const struct http_header headers[] = {
        {"Content-Type", reply->status == 204 ? "" : reply->type == NULL ? "application/json" : reply->type},
        {"Content-Encoding", reply->gzipped ? "gzip" : ""},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy", reply->page ? PAGE_POLICY : "default-src 'none'; frame-ancestors 'none'"},
        {"Referrer-Policy", "no-referrer"},
        {"Vary", "Origin"},
        {"Allow", reply->allow},
        {"Retry-After", seconds},
        {"WWW-Authenticate", reply->wants_token ? "Bearer" : ""},
        {"Accept-Encoding", reply->wants_unpacked ? "identity" : ""},
        {"Access-Control-Allow-Origin", reply->origin},
        {"Connection", reply->last ? "close" : ""},
        {"Access-Control-Expose-Headers", reply->origin[0] != 0 ? "Retry-After" : ""},
        {"Access-Control-Allow-Methods", reply->preflight ? "POST" : ""},
        {"Access-Control-Allow-Headers", reply->preflight ? "Content-Type, " HEADER_TRACEPARENT : ""},
        {"Access-Control-Max-Age", reply->preflight ? "600" : ""},
    };
    enum MHD_Result sent =
        http_reply(connection, reply->status,
                   reply->stream != NULL ? flow_response(idle, connection, reply) : body_response(reply), headers,
                   sizeof(headers) / sizeof(*headers));
    gate_reply_done(reply);
    return sent;
}
