#include "gate/http/request_reply.h"

#include <stdio.h>
#include <strings.h>

#include "base/json.h"

/* A list of a directory's messages is the largest. */
#define REPLY_MAX (16u << 20)

static bool header_is(const struct http_value *header, const char *name)
{
    return header->name.size == strlen(name) && strncasecmp(header->name.data, name, header->name.size) == 0;
}

size_t gate_request_header_count(const struct gate_request *request, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        count += header_is(&request->headers[i], name);
    return count;
}

struct span gate_request_header(const struct gate_request *request, const char *name)
{
    if (gate_request_header_count(request, name) != 1)
        return SPAN_NONE;
    size_t i = 0;
    while (!header_is(&request->headers[i], name))
        i++;
    return request->headers[i].value;
}

struct span gate_request_bearer(const struct gate_request *request)
{
    struct span text = gate_request_header(request, "authorization");
    if (text.size < 7 || strncasecmp(text.data, "Bearer ", 7) != 0)
        return SPAN_NONE;
    text = span_trim_end(span_skip(text, 7));
    while (span_starts(text, SPAN(" ")))
        text = span_skip(text, 1);
    return text;
}

bool gate_request_is_json(const struct gate_request *request)
{
    struct span type = gate_request_header(request, "content-type");
    if (type.data == NULL)
        return false;
    type = span_trim_end(span_cut(&type, ';'));
    return type.size == 16 && strncasecmp(type.data, "application/json", 16) == 0;
}

bool gate_request_number(const struct gate_request *request, const char *name, int64_t most,
                         int64_t otherwise, int64_t *out)
{
    struct span text = target_param(&request->target, name);
    *out = otherwise;
    if (text.data == NULL) {
        for (size_t i = 0; i < request->target.param_count; i++)
            if (span_equal(request->target.params[i].name, span_of(name)))
                return false;
        return true;
    }
    return span_number(text, 18, out) && *out <= most;
}

void gate_reply_init(struct gate_reply *reply)
{
    *reply = (struct gate_reply){.status = 200};
    buf_init(&reply->body, REPLY_MAX);
}

void gate_reply_done(struct gate_reply *reply)
{
    buf_done(&reply->body);
    if (reply->stream_done != NULL)
        reply->stream_done(reply->stream_context);
    reply->stream_done = NULL;
}

void gate_reply_json(struct gate_reply *reply, unsigned status, json_t *json)
{
    reply->status = status;
    buf_clear(&reply->body);
    json_write(&reply->body, json);
    buf_add_text(&reply->body, "\n");
    json_decref(json);
}

void gate_reply_error(struct gate_reply *reply, unsigned status, const char *reason, const char *field,
                      const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    reply->status = status;
    buf_clear(&reply->body);
    buf_add_text(&reply->body, "{\"error\":");
    json_write_string(&reply->body, span_of(text));
    if (reason != NULL) {
        buf_add_text(&reply->body, ",\"reason\":");
        json_write_string(&reply->body, span_of(reason));
    }
    if (field != NULL) {
        buf_add_text(&reply->body, ",\"field\":");
        json_write_string(&reply->body, span_of(field));
    }
    buf_add_text(&reply->body, "}\n");
}
