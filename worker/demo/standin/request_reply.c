#include "demo/standin/request_reply.h"

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

/* The end of the string or the number, true, false or null that begins at `at`, in what is known to be JSON. */
static size_t json_end(struct span text, size_t at)
{
    if (text.data[at] != '"') {
        while (at < text.size && memchr(",]} \t\r\n", text.data[at], 7) == NULL)
            at++;
        return at;
    }
    for (at++; text.data[at] != '"'; at++)
        at += text.data[at] == '\\';
    return at + 1;
}

static size_t json_skip(struct span text, size_t at, const char *what)
{
    while (at < text.size && strchr(what, text.data[at]) != NULL && text.data[at] != 0)
        at++;
    return at;
}

static json_t *json_scalar(struct span text, size_t from, size_t to)
{
    size_t flags = JSON_ALLOW_NUL | JSON_DECODE_ANY;
    json_t *value = json_loadb(text.data + from, to - from, flags, NULL);
    return value != NULL ? value
                         : json_loadb(text.data + from, to - from, flags | JSON_DECODE_INT_AS_REAL, NULL);
}

/* The value at *at, which is left behind it: jansson keeps the last of repeated members. */
static json_t *json_first_wins(struct span text, size_t *at)
{
    size_t from = *at = json_skip(text, *at, " \t\r\n");
    bool object = text.data[from] == '{';
    if (!object && text.data[from] != '[')
        return json_scalar(text, from, *at = json_end(text, from));
    json_t *made = object ? json_object() : json_array();
    for (*at = json_skip(text, from + 1, " \t\r\n,"); text.data[*at] != (object ? '}' : ']');
         *at = json_skip(text, *at, " \t\r\n,")) {
        json_t *name = NULL;
        if (object) {
            size_t end = json_end(text, *at);
            name = json_scalar(text, *at, end);
            *at = json_skip(text, end, " \t\r\n:");
        }
        json_t *value = json_first_wins(text, at);
        const char *key = json_string_value(name);
        size_t size = json_string_length(name);
        if (!object)
            json_array_append_new(made, value);
        else if (json_object_getn(made, key, size) == NULL)
            json_object_setn_new(made, key, size, value);
        else
            json_decref(value);
        json_decref(name);
    }
    (*at)++;
    return made;
}

bool standin_request_read_json(struct standin_request *request)
{
    struct span type = request->content_type;
    if (request->body.size == 0 ||
        (!standin_span_has(type, "application/json") && !standin_span_has(type, "+json")))
        return true;
    json_error_t error;
    const struct span body = request->body;
    size_t flags = JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES;
    request->json = json_loadb(body.data, body.size, flags, &error);
    if (request->json == NULL && json_error_code(&error) == json_error_numeric_overflow) {
        flags |= JSON_DECODE_INT_AS_REAL;
        request->json = json_loadb(body.data, body.size, flags, &error);
    }
    if (request->json == NULL && json_error_code(&error) == json_error_duplicate_key) {
        json_t *known = json_loadb(body.data, body.size, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
        size_t at = 0;
        if (known != NULL)
            request->json = json_first_wins(body, &at);
        json_decref(known);
    }
    return request->json != NULL;
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
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 406:
        return "Not Acceptable";
    case 413:
        return "Request Entity Too Large";
    case 422:
        return "Unprocessable Entity";
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
