#include "demo/standin_http.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"
#include "demo/standin_calls.h"

#define BODY_MAX   8000500 /* recorded: Papercups reads to the end of a block before it says 413 */
#define HEADER_MAX 4096    /* bytes of a header's value; recorded */

/* One request while its body comes in. */
struct exchange {
    struct buf body;
};

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

static enum MHD_Result request_add_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                          size_t key_size, const char *value, size_t value_size)
{
    struct standin_request *request = cls;
    struct span text = {value, value == NULL ? 0 : value_size};
    const struct {
        struct span name, *to;
    } known[] = {{SPAN("host"), &request->host},
                 {SPAN("accept"), &request->accept},
                 {SPAN("authorization"), &request->authorization},
                 {SPAN("content-type"), &request->content_type}};
    (void)kind;
    if (text.size > HEADER_MAX) {
        request->oversized = true;
        return MHD_NO;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (key_size == known[i].name.size && strncasecmp(key, known[i].name.data, key_size) == 0)
            *known[i].to = text;
    return MHD_YES;
}

static void request_answer(const struct standin_http *http, struct standin_request *request, bool too_large,
                           struct standin_reply *reply)
{
    if (request->oversized) {
        standin_reply_empty(reply, 431);
        reply->end = STANDIN_LAST;
    } else if (too_large) {
        standin_reply_detail(reply, 413);
    } else if (!standin_request_read_json(request)) {
        standin_reply_detail(reply, 400);
    } else if (standin_request_part_is(request, 0, "_standin")) {
        standin_control_answer(http->control, request, reply);
    } else if (standin_request_part_is(request, 0, "chat")) {
        standin_chat_answer(http->store, request, reply);
    } else {
        standin_service_arrive(&http->control->service, request);
        standin_faults_route(&http->control->faults, http->store, request, reply);
        standin_service_return(&http->control->service);
    }
}

static void reply_date(struct standin_reply *reply, const struct standin_store *store)
{
    struct tm utc;
    time_t now = standin_clock(store);
    gmtime_r(&now, &utc);
    strftime(reply->date, sizeof(reply->date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
}

static enum MHD_Result exchange_end(const struct standin_http *http, struct MHD_Connection *connection,
                                    const char *method, const char *path, const struct buf *body)
{
    struct idle_connection *state = idle_of(connection);
    unsigned before = state->requests++;
    struct standin_request request = {.method = span_of(strcmp(method, "HEAD") == 0 ? "GET" : method),
                                      .reused = before > 0};
    standin_request_set_path(&request, span_of(path));
    MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, request_add_param, &request);
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, request_add_header, &request);
    request.body = buf_span(body);
    struct standin_reply reply;
    standin_reply_init(&reply);
    idle_busy(state);
    request_answer(http, &request, body->failed, &reply);
    reply_date(&reply, http->store);
    if (reply.end == STANDIN_ANSWERED && before + 1 >= http->control->requests_max)
        reply.end = STANDIN_LAST;
    enum MHD_Result sent = standin_send(connection, &reply);
    json_decref(request.json);
    standin_reply_done(&reply);
    return sent;
}

enum MHD_Result standin_http_request(void *cls, struct MHD_Connection *connection, const char *path,
                                     const char *method, const char *version, const char *upload,
                                     size_t *upload_size, void **state)
{
    const struct standin_http *http = cls;
    struct exchange *exchange = *state;
    (void)version;
    if (exchange == NULL) {
        exchange = mem_new(1, sizeof(*exchange));
        buf_init(&exchange->body, BODY_MAX);
        *state = exchange;
        idle_wait(http->idle, idle_of(connection), http->control->idle_s);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        buf_add(&exchange->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return exchange_end(http, connection, method, path, &exchange->body);
}

void standin_http_completed(void *cls, struct MHD_Connection *connection, void **state,
                            enum MHD_RequestTerminationCode code)
{
    const struct standin_http *http = cls;
    (void)code;
    idle_wait(http->idle, idle_of(connection), http->control->idle_s);
    struct exchange *exchange = *state;
    if (exchange == NULL)
        return;
    buf_done(&exchange->body);
    free(exchange);
    *state = NULL;
}

void standin_http_connection(void *cls, struct MHD_Connection *connection, void **context,
                             enum MHD_ConnectionNotificationCode code)
{
    const struct standin_http *http = cls;
    idle_notify(http->idle, connection, context, code);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) /* a test may have changed it */
        idle_wait(http->idle, *context, http->control->fresh_s);
}
