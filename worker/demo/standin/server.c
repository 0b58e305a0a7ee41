#include "demo/standin/server.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"
#include "demo/standin/calls.h"
#include "http/server/exchange.h"

#define BODY_MAX   8000500 /* recorded: Papercups reads to the end of a block before it says 413 */
#define HEADER_MAX 4096    /* bytes of a header's value; recorded */
#define HEADERS_MAX 100    /* more are not looked at */

static void request_read_headers(struct standin_request *request, struct MHD_Connection *connection)
{
    struct http_value headers[HEADERS_MAX];
    size_t count = http_values(connection, MHD_HEADER_KIND, headers, HEADERS_MAX);
    const struct {
        struct span name, *to;
    } known[] = {{SPAN("host"), &request->host},
                 {SPAN("accept"), &request->accept},
                 {SPAN("authorization"), &request->authorization},
                 {SPAN("content-type"), &request->content_type}};
    for (size_t i = 0; i < count && i < HEADERS_MAX; i++) {
        request->oversized |= headers[i].value.size > HEADER_MAX;
        for (size_t j = 0; j < sizeof(known) / sizeof(*known); j++)
            if (headers[i].name.size == known[j].name.size &&
                strncasecmp(headers[i].name.data, known[j].name.data, known[j].name.size) == 0)
                *known[j].to = headers[i].value;
    }
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
    size_t params = http_values(connection, MHD_GET_ARGUMENT_KIND, request.params, STANDIN_PARAMS_MAX);
    request.param_count = params < STANDIN_PARAMS_MAX ? params : STANDIN_PARAMS_MAX;
    request_read_headers(&request, connection);
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
    struct buf *body = *state;
    (void)version;
    if (body == NULL) {
        *state = body = mem_new(1, sizeof(*body));
        buf_init(body, BODY_MAX);
        idle_wait(http->idle, idle_of(connection), http->control->idle_s);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        buf_add(body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return exchange_end(http, connection, method, path, body);
}

void standin_http_completed(void *cls, struct MHD_Connection *connection, void **state,
                            enum MHD_RequestTerminationCode code)
{
    const struct standin_http *http = cls;
    (void)code;
    idle_wait(http->idle, idle_of(connection), http->control->idle_s);
    struct buf *body = *state;
    if (body == NULL)
        return;
    buf_done(body);
    free(body);
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
