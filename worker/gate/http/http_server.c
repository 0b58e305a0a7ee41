#include "gate/http/http_server.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "gate/http/address.h"
#include "gate/http/framing.h"
#include "gate/http/http_reply.h"
#include "http/server/daemon.h"
#include "http/server/exchange.h"
#include "os/clock.h"

#define CONNECTIONS_MAX    768U
#define KEPT_MAX           448U /* of them: beyond, whoever waits for its client is dropped, which takes its thread a moment */
#define UNFINISHED_MAX     256U
#define BODIES_BYTES_MAX   ((size_t)16 << 20) /* of all together, in buffers of up to twice that */
#define BODY_WAIT_MS       5000               /* for room, after others were dropped for it */
#define THREAD_STACK_BYTES ((size_t)256 << 10)
#define HEAD_BYTES         ((size_t)32 << 10) /* for a request's line and headers, and for what it reads */
#define REQUEST_S          20U /* for a request to be there, from its connection's beginning or the reply before it */
#define REPLY_S            30U /* for a reply to be taken */
#define BODY_SKIPPED_MAX   (4u << 20)
#define DRAIN_POLL_MS      20

struct http_server {
    struct MHD_Daemon *daemon;
    struct idle idle;
    struct connections connections;
    struct http_server_options options;
    int fd;
    atomic_int under_way; /* requests that are answered and whose reply is not out yet */
    atomic_bool draining; /* a request that was not there before is refused */
    char url[LISTEN_URL_SIZE];
};

/* One request while it comes in. */
struct incoming {
    char *target; /* as it was sent */
    bool begun, counted;
    bool too_large;
    const char *doubt; /* about where it ends; NULL: none */
    struct buf body;
    size_t skipped; /* bytes of a body that is too large */
};

static struct connection *http_connection_of(struct MHD_Connection *connection)
{
    return idle_of(connection)->own;
}

/* Who asks: the other end, or the last that the proxy added. */
static void http_set_address(const struct http_server *server, struct MHD_Connection *connection,
                             struct gate_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info != NULL)
        address_write(request->address, info->client_addr);
    for (size_t i = 0; server->options.forwarded && i < request->header_count; i++)
        if (request->headers[i].name.size == 15 &&
            strncasecmp(request->headers[i].name.data, "X-Forwarded-For", 15) == 0)
            address_forwarded(request->address, request->headers[i].value);
}

static void http_free_body(struct http_server *server, struct MHD_Connection *connection, struct incoming *incoming)
{
    buf_done(&incoming->body);
    connections_body_freed(&server->connections, http_connection_of(connection));
}

static enum MHD_Result http_end(struct http_server *server, struct MHD_Connection *connection,
                                const char *method, struct incoming *incoming)
{
    struct gate_reply reply;
    incoming->counted = true;
    server->under_way++;
    bool too_late = server->draining; /* after it is counted: http_server_drain looks in the other order */
    struct gate_request *request = mem_new(1, sizeof(*request));
    idle_busy(idle_of(connection));
    connections_set(&server->connections, http_connection_of(connection), CONNECTION_UNDER_WAY);
    gate_reply_init(&reply);
    request->method = span_of(strcmp(method, "HEAD") == 0 ? "GET" : method);
    request->body = buf_span(&incoming->body);
    request->header_count = http_values(connection, MHD_HEADER_KIND, request->headers, GATE_HEADERS_MAX);
    bool too_many = request->header_count > GATE_HEADERS_MAX;
    if (too_many)
        request->header_count = GATE_HEADERS_MAX;
    http_set_address(server, connection, request);
    if (too_late)
        gate_reply_error(&reply, 503, NULL, NULL, "this gate is shutting down: try again");
    else if (incoming->doubt != NULL)
        gate_reply_error(&reply, 400, NULL, NULL, "%s", incoming->doubt);
    else if (incoming->too_large)
        gate_reply_error(&reply, 413, NULL, NULL, "the body has more than %u bytes", GATE_BODY_MAX);
    else if (too_many)
        gate_reply_error(&reply, 431, NULL, NULL, "the request has more than %d headers", GATE_HEADERS_MAX);
    else if (incoming->target == NULL || !target_read(&request->target, span_of(incoming->target)))
        gate_reply_error(
            &reply, 400, NULL, NULL,
            "the request's target is malformed: write it as in GET /openapi.json");
    else
        server->options.answer(server->options.context, request, &reply);
    idle_wait(&server->idle, idle_of(connection), REPLY_S);
    server->options.answered(server->options.context, &reply);
    /* What follows may be no request, or would be refused. */
    reply.last = incoming->doubt != NULL || server->draining;
    json_decref(request->json);
    free(request);
    http_free_body(server, connection, incoming);
    if (reply.stream == NULL) /* how many streams there may be is bounded elsewhere (waiting.h) */
        connections_set(&server->connections, http_connection_of(connection), CONNECTION_UNTAKEN);
    return http_reply_send(&server->idle, connection, &reply);
}

/* A body announced as too large is not read at all; one that turns out so is read to its end, up to BODY_SKIPPED_MAX, so that the
 * client gets its answer. */
static enum MHD_Result http_take(struct http_server *server, struct MHD_Connection *connection,
                                 struct incoming *incoming, const char *upload, size_t *size)
{
    if (!incoming->too_large &&
        !connections_body(&server->connections, http_connection_of(connection), *size, BODY_WAIT_MS))
        return MHD_NO;
    if (!incoming->too_large)
        buf_add(&incoming->body, upload, *size);
    if (incoming->body.failed) {
        incoming->too_large = true;
        http_free_body(server, connection, incoming);
    }
    if (incoming->too_large)
        incoming->skipped += *size;
    *size = 0;
    return incoming->skipped > BODY_SKIPPED_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result http_note_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                        const char *value, size_t value_size)
{
    (void)kind;
    framing_note(cls, (struct span){name, name_size}, value == NULL ? SPAN("") : (struct span){value, value_size});
    return MHD_YES;
}

static const char *http_doubt(struct MHD_Connection *connection, const char *version)
{
    struct framing framing = {0};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, http_note_header, &framing);
    return framing_problem(&framing, version);
}

static bool http_is_too_large(struct MHD_Connection *connection)
{
    int64_t size = 0;
    struct span text = span_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "content-length"));
    return text.data != NULL && (!span_number(text, 18, &size) || size > BODY_SKIPPED_MAX);
}

static enum MHD_Result http_request(void *cls, struct MHD_Connection *connection, const char *path,
                                    const char *method, const char *version, const char *upload,
                                    size_t *upload_size, void **state)
{
    struct http_server *server = cls;
    struct incoming *incoming = *state;
    (void)path;
    if (incoming == NULL)
        return MHD_NO;
    if (!incoming->begun) {
        incoming->begun = true;
        buf_init(&incoming->body, GATE_BODY_MAX);
        incoming->doubt = http_doubt(connection, version);
        incoming->too_large = http_is_too_large(connection);
        if (incoming->doubt == NULL && !incoming->too_large)
            return MHD_YES;
        /* An answer now ends the connection without the body. */
        return http_end(server, connection, method, incoming);
    }
    return *upload_size > 0 ? http_take(server, connection, incoming, upload, upload_size)
                            : http_end(server, connection, method, incoming);
}

/* Called when the request's line is there, before libmicrohttpd decodes it. What it returns becomes *state. */
static void *http_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct incoming *incoming = mem_new(1, sizeof(*incoming));
    (void)cls, (void)connection;
    incoming->target = mem_copy(span_of(target));
    return incoming;
}

static void http_completed(void *cls, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode code)
{
    struct http_server *server = cls;
    struct incoming *incoming = *state;
    (void)code;
    idle_wait(&server->idle, idle_of(connection), REQUEST_S);
    if (incoming == NULL)
        return;
    if (incoming->counted)
        server->under_way--;
    http_free_body(server, connection, incoming);
    connections_set(&server->connections, http_connection_of(connection), CONNECTION_UNFINISHED);
    free(incoming->target);
    free(incoming);
    *state = NULL;
}

static void http_connection(void *cls, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        idle_notify(&server->idle, connection, context, code);
        struct connection *own = mem_new(1, sizeof(*own));
        own->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        /* libmicrohttpd 1.0 writes each answer over the one before. */
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        if (info != NULL)
            address_write(own->address, info->client_addr);
        ((struct idle_connection *)*context)->own = own;
        int64_t pause_ms = connections_add(&server->connections, own);
        if (pause_ms > 0) /* this is the thread that accepts: whoever comes waits in the kernel */
            nanosleep(&(struct timespec){.tv_nsec = pause_ms * 1000000L}, NULL);
    } else {
        struct connection *own = ((struct idle_connection *)*context)->own;
        connections_remove(&server->connections, own);
        free(own);
        idle_notify(&server->idle, connection, context, code);
    }
}

static void http_let_go(int fd)
{
    shutdown(fd, SHUT_RDWR);
}

static int http_listen(struct http_server *server, const char *address, struct err *err)
{
    server->fd = listen_open(address, err);
    if (server->fd < 0)
        return err_os(err, err->os, "[gate] listen: %.100s cannot be had; name another address or port",
                      address);
    listen_url(server->fd, server->url);
    return 0;
}

int http_server_start(struct http_server *server, struct err *err)
{
    const struct http_daemon_options options = {.fd = server->fd,
                                                .threads = true,
                                                .flags = MHD_USE_ITC,
                                                .connections = CONNECTIONS_MAX,
                                                .head_bytes = HEAD_BYTES,
                                                .stack_bytes = THREAD_STACK_BYTES,
                                                .idle = &server->idle,
                                                .request = http_request,
                                                .completed = http_completed,
                                                .connection = http_connection,
                                                .target = http_target,
                                                .context = server};
    server->daemon = http_daemon_start(&options, err);
    return server->daemon != NULL ? 0 : -1;
}

struct http_server *http_server_new(const struct http_server_options *options, struct err *err)
{
    struct http_server *server = mem_new(1, sizeof(*server));
    server->options = *options;
    server->fd = -1;
    server->connections.limits = (struct connections_limits){
        .all = KEPT_MAX, .unfinished = UNFINISHED_MAX, .body_bytes = BODIES_BYTES_MAX, .of_address = options->of_address};
    server->connections.let_go = http_let_go;
    connections_init(&server->connections);
    idle_init(&server->idle, REQUEST_S);
    if (http_listen(server, options->address, err) == 0)
        return server;
    http_server_free(server);
    return NULL;
}

void http_server_drain(struct http_server *server, int64_t wait_ms)
{
    int fd = MHD_quiesce_daemon(server->daemon);
    server->draining = true;
    struct mono deadline = mono_after(clock_now().mono, wait_ms);
    while (server->under_way > 0 && !mono_reached(deadline, clock_now().mono))
        nanosleep(&(struct timespec){.tv_nsec = DRAIN_POLL_MS * 1000000L}, NULL);
    if (fd >= 0)
        close(fd);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    else if (server->fd >= 0)
        close(server->fd);
    idle_done(&server->idle);
    connections_done(&server->connections);
    free(server);
}

void http_server_count(struct http_server *server, struct connections_counts *out)
{
    connections_count(&server->connections, out);
}

const char *http_server_url(const struct http_server *server)
{
    return server->url;
}
