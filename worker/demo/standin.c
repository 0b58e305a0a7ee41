#include "demo/standin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "demo/standin_calls.h"
#include "demo/standin_chat.h"
#include "demo/standin_control.h"

#define BODY_MAX           8000500 /* recorded: Papercups reads to the end of a block before it says 413 */
#define IDLE_S             60U     /* recorded: an idle connection is closed after that */
#define CONNECTIONS_MAX    4000U
#define THREAD_STACK_BYTES ((size_t)2 << 20) /* jansson's 2,048 levels of nesting fit */

#define CHAT_POLICY                                                                                          \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "         \
    "form-action 'none'"

struct standin {
    struct MHD_Daemon *daemon;
    struct standin_store *store;
    struct standin_control control;
    uint16_t port;
};

/* One request while its body comes in. */
struct exchange {
    struct buf body;
};

/* Does what a fault says with a request of the API. */
static void answer_with_faults(struct standin *standin, const struct standin_request *request,
                               struct standin_reply *reply, long long *retry_after)
{
    struct standin_hit hit = standin_control_hit(&standin->control, request);
    if (hit.kind != STANDIN_FAULT_ERROR_500 && hit.kind != STANDIN_FAULT_STATUS)
        standin_route(standin->store, request, reply);
    if (hit.delay_ms > 0)
        standin_store_pause(standin->store, hit.delay_ms);
    if (hit.kind == STANDIN_FAULT_ERROR_500 || hit.kind == STANDIN_FAULT_STORED_500)
        standin_reply_detail(reply, 500);
    if (hit.kind == STANDIN_FAULT_STATUS) {
        reply->status = hit.status;
        buf_add_text(&reply->body, hit.answer);
        *retry_after = hit.retry_after;
    }
    reply->dropped = hit.kind == STANDIN_FAULT_LOST;
    free(hit.answer);
}

/* False where the body says that it is JSON and is not. */
static bool request_read_json(struct standin_request *request)
{
    struct span type = request->content_type;
    if (request->body.size == 0 ||
        (!standin_span_has(type, "application/json") && !standin_span_has(type, "+json")))
        return true;
    request->json = json_loadb(request->body.data, request->body.size, JSON_ALLOW_NUL, NULL);
    return request->json != NULL;
}

static enum MHD_Result request_add_param(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_size,
                                         const char *value, size_t value_size)
{
    struct standin_request *request = cls;
    (void)kind;
    if (request->param_count < STANDIN_PARAMS_MAX)
        request->params[request->param_count++] = (struct standin_param){
            {key, key_size}, value == NULL ? SPAN("") : (struct span){value, value_size}};
    return MHD_YES;
}

static struct span request_header(struct MHD_Connection *connection, const char *name)
{
    return span_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

static void free_body(void *data)
{
    free(data);
}

static enum MHD_Result reply_send(struct MHD_Connection *connection, struct standin_reply *reply,
                                  long long retry_after)
{
    if (reply->body.failed)
        standin_reply_detail(reply, 500);
    /* The response takes the buffer over. */
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(reply->body.size, reply->body.data, free_body);
    if (response == NULL)
        return MHD_NO;
    reply->body.data = NULL;
    MHD_add_response_header(response, "content-type",
                            reply->type == NULL ? "application/json; charset=utf-8" : reply->type);
    if (reply->location[0] != 0)
        MHD_add_response_header(response, "location", reply->location);
    if (retry_after >= 0) {
        char text[24];
        snprintf(text, sizeof(text), "%lld", retry_after);
        MHD_add_response_header(response, "retry-after", text);
    }
    if (reply->page) {
        MHD_add_response_header(response, "content-security-policy", CHAT_POLICY);
        MHD_add_response_header(response, "x-content-type-options", "nosniff");
        MHD_add_response_header(response, "cache-control", "no-store");
    }
    enum MHD_Result sent = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result answer(struct standin *standin, struct MHD_Connection *connection, const char *method,
                              const char *path, const struct buf *body)
{
    struct standin_request request = {.method = span_of(strcmp(method, "HEAD") == 0 ? "GET" : method)};
    standin_request_set_path(&request, span_of(path));
    MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, request_add_param, &request);
    request.accept = request_header(connection, "accept");
    request.authorization = request_header(connection, "authorization");
    request.content_type = request_header(connection, "content-type");
    request.body = buf_span(body);
    struct standin_reply reply;
    standin_reply_init(&reply);
    long long retry_after = -1;
    /* A thread that waits on purpose is not idle. */
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
    if (body->failed)
        standin_reply_detail(&reply, 413);
    else if (!request_read_json(&request))
        standin_reply_detail(&reply, 400);
    else if (standin_request_part_is(&request, 0, "_standin"))
        standin_control_answer(&standin->control, &request, &reply);
    else if (standin_request_part_is(&request, 0, "chat"))
        standin_chat_answer(standin->store, &request, &reply);
    else
        answer_with_faults(standin, &request, &reply, &retry_after);
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, IDLE_S);
    enum MHD_Result sent = reply.dropped ? MHD_NO : reply_send(connection, &reply, retry_after);
    json_decref(request.json);
    standin_reply_done(&reply);
    return sent;
}

/* Called first without a body, then with each piece of it, then once more. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    (void)version;
    struct exchange *exchange = *state;
    if (exchange == NULL) {
        exchange = mem_new(1, sizeof(*exchange));
        buf_init(&exchange->body, BODY_MAX);
        *state = exchange;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        buf_add(&exchange->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return answer(cls, connection, method, path, &exchange->body);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)cls, (void)connection, (void)code;
    struct exchange *exchange = *state;
    if (exchange == NULL)
        return;
    buf_done(&exchange->body);
    free(exchange);
    *state = NULL;
}

/* A listening socket on 127.0.0.1; *port is set to the one that it has. */
static int listen_local(uint16_t *port, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        err_os(err, errno, "stand-in: cannot listen on 127.0.0.1:%u; choose another port", *port);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

struct standin *standin_start(const struct standin_account *accounts, size_t count, uint16_t port,
                              struct err *err)
{
    if (count == 0 || sodium_init() < 0) {
        err_set(err, ERR_USAGE, "stand-in: %s", count == 0 ? "want an account" : "libsodium cannot start");
        return NULL;
    }
    struct standin *standin = mem_new(1, sizeof(*standin));
    standin->store = standin_store_new();
    standin->control.store = standin->store;
    standin->port = port;
    for (size_t i = 0; i < count; i++) {
        if (standin_store_add_owner(standin->store, &accounts[i], err) != 0) {
            standin_stop(standin);
            return NULL;
        }
    }
    int fd = listen_local(&standin->port, err);
    if (fd < 0) {
        standin_stop(standin);
        return NULL;
    }
    /* Requests a connection are unlimited; Papercups' 1,000 would be counted in on_request. */
    standin->daemon = MHD_start_daemon(
        MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL,
        on_request, standin, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_THREAD_STACK_SIZE, THREAD_STACK_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    if (standin->daemon == NULL) {
        err_set(err, ERR_SYSTEM, "stand-in: the HTTP server cannot start");
        standin_stop(standin);
        return NULL;
    }
    return standin;
}

uint16_t standin_port(const struct standin *standin)
{
    return standin->port;
}

void standin_stop(struct standin *standin)
{
    if (standin == NULL)
        return;
    standin_store_stop(standin->store);
    if (standin->daemon != NULL)
        MHD_stop_daemon(standin->daemon);
    standin_control_done(&standin->control);
    standin_store_free(standin->store);
    free(standin);
}
