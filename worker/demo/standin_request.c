#include "demo/standin_request.h"

#include <string.h>

/* A list of conversations carries all their messages: 26 MB were seen on the real server. */
#define REPLY_LIMIT (256U << 20)

void standin_reply_init(struct standin_reply *reply)
{
    *reply = (struct standin_reply){.status = 200};
    buf_init(&reply->body, REPLY_LIMIT);
}

void standin_reply_done(struct standin_reply *reply)
{
    buf_done(&reply->body);
}

void standin_request_set_path(struct standin_request *request, struct span path)
{
    request->path = path;
    request->part_count = 0;
    while (path.data != NULL) {
        struct span part = span_cut(&path, '/');
        if (part.size == 0)
            continue;
        if (request->part_count < STANDIN_PARTS_MAX)
            request->parts[request->part_count] = part;
        if (request->part_count <= STANDIN_PARTS_MAX)
            request->part_count++;
    }
}

bool standin_request_is(const struct standin_request *request, const char *method)
{
    return span_equal(request->method, span_of(method));
}

bool standin_request_part_is(const struct standin_request *request, size_t index, const char *text)
{
    return index < request->part_count && index < STANDIN_PARTS_MAX &&
           span_equal(request->parts[index], span_of(text));
}

struct span standin_request_param(const struct standin_request *request, const char *name)
{
    for (size_t i = 0; i < request->param_count; i++)
        if (span_equal(request->params[i].name, span_of(name)))
            return request->params[i].value;
    return SPAN_NONE;
}

bool standin_request_param_is_list(const struct standin_request *request, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < request->param_count; i++) {
        struct span given = request->params[i].name;
        if (given.size > size && span_starts(given, span_of(name)) && given.data[size] == '[')
            return true;
    }
    return false;
}

long long standin_request_number(const struct standin_request *request, const char *name, long long otherwise)
{
    int64_t value;
    return span_number(standin_request_param(request, name), 18, &value) ? value : otherwise;
}

bool standin_span_has(struct span s, const char *text)
{
    size_t size = strlen(text);
    return size == 0 || (s.size >= size && memmem(s.data, s.size, text, size) != NULL);
}

struct span standin_request_key(const struct standin_request *request)
{
    struct span text = span_trim_end(request->authorization);
    return span_starts(text, SPAN("Bearer ")) ? span_skip(text, sizeof("Bearer ") - 1) : SPAN("");
}

bool standin_id_read(struct span text, char out[STANDIN_ID_SIZE])
{
    if (text.size != STANDIN_ID_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c >= 'A' && c <= 'F')
            c = (char)(c - 'A' + 'a');
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (dash ? c != '-' : !hex)
            return false;
        out[i] = c;
    }
    out[text.size] = 0;
    return true;
}

static const char *reply_detail_text(unsigned status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 406:
        return "Not Acceptable";
    case 413:
        return "Request Entity Too Large";
    default:
        return "Internal Server Error";
    }
}

void standin_reply_detail(struct standin_reply *reply, unsigned status)
{
    buf_clear(&reply->body);
    reply->location[0] = 0;
    reply->status = status;
    buf_printf(&reply->body, "{\"errors\":{\"detail\":\"%s\"}}", reply_detail_text(status));
}

void standin_reply_error(struct standin_reply *reply, unsigned status, const char *message)
{
    buf_clear(&reply->body);
    reply->location[0] = 0;
    reply->status = status;
    buf_printf(&reply->body, "{\"error\":{\"message\":\"%s\",\"status\":%u}}", message, status);
}

void standin_reply_unauthenticated(struct standin_reply *reply)
{
    buf_clear(&reply->body);
    reply->status = 401;
    buf_add_text(&reply->body, "{\"error\":{\"code\":401,\"message\":\"Not authenticated\"}}");
}

void standin_reply_html(struct standin_reply *reply)
{
    buf_clear(&reply->body);
    reply->status = 200;
    reply->type = "text/html; charset=utf-8";
    buf_add_text(&reply->body,
                 "<!doctype html><html><head><title>Papercups (stand-in)</title></head><body></body></html>");
}

void standin_reply_empty(struct standin_reply *reply, unsigned status)
{
    buf_clear(&reply->body);
    reply->location[0] = 0;
    reply->status = status;
    reply->type = "";
}
