/* An engine's HTTP requests, understood. */
#include "fake_papercups.h"

#include <stdlib.h>

/* What stands behind `before`, up to one of the characters of `end`. False where `before` is not in text. */
static bool text_after(struct span text, const char *before, const char *end, char *out, size_t size)
{
    const char *at = text.size == 0 ? NULL : memmem(text.data, text.size, before, strlen(before));
    out[0] = 0;
    if (at == NULL)
        return false;
    at += strlen(before);
    size_t length = 0;
    while (at + length < text.data + text.size && strchr(end, at[length]) == NULL && length + 1 < size)
        length++;
    memcpy(out, at, length);
    out[length] = 0;
    return true;
}

static unsigned hex_value(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

/* What a query gives under that name, decoded. */
static bool parameter(struct span path, const char *name, char *out, size_t size)
{
    if (!text_after(path, name, "&", out, size))
        return false;
    char *to = out;
    for (const char *at = out; *at != 0; at++)
        if (*at == '%') {
            *to++ = (char)(hex_value(at[1]) << 4 | hex_value(at[2]));
            at += 2;
        } else {
            *to++ = *at;
        }
    *to = 0;
    return true;
}

static bool number_after(struct span text, const char *before, unsigned *out)
{
    char uuid[37];
    if (!text_after(text, before, "\"&?", uuid, sizeof(uuid)) || strlen(uuid) != 36)
        return false;
    *out = (unsigned)strtoul(uuid + 24, NULL, 10);
    return true;
}

static bool fake_post_read(struct span path, struct span body, struct fake_request *out)
{
    if (span_equal(path, SPAN("/api/v1/customers"))) {
        out->kind = CALL_CREATE_CUSTOMER;
        text_after(body, "\"host\":\"", "\"", out->host, sizeof(out->host));
        text_after(body, "\"email\":\"", "\"", out->email, sizeof(out->email));
        return text_after(body, "\"external_id\":\"", "\"", out->external_id, sizeof(out->external_id));
    }
    bool message = span_equal(path, SPAN("/api/v1/messages"));
    out->kind = message ? CALL_POST_MESSAGE : CALL_POST_CONVERSATION;
    return (message || span_equal(path, SPAN("/api/v1/conversations"))) && out->event[0] != 0 &&
           number_after(body, message ? "\"conversation_id\":\"" : "\"customer_id\":\"", &out->id);
}

static bool fake_put_read(struct span path, struct span body, struct fake_request *out)
{
    char status[8];
    out->kind = CALL_SET_HOST;
    text_after(body, "\"host\":\"", "\"", out->host, sizeof(out->host));
    if (number_after(path, "/api/v1/customers/", &out->id))
        return true;
    out->kind = text_after(body, "\"status\":\"", "\"", status, sizeof(status)) ? CALL_REOPEN : CALL_UNASSIGN;
    return number_after(path, "/api/v1/conversations/", &out->id);
}

static bool fake_find_read(struct span path, struct fake_request *out)
{
    char page[8];
    out->kind =
        parameter(path, "&host=", out->host, sizeof(out->host)) ? CALL_FIND_CUSTOMERS : CALL_LIST_CUSTOMERS;
    parameter(path, "&email=", out->email, sizeof(out->email));
    out->page = parameter(path, "&page=", page, sizeof(page)) ? (unsigned)strtoul(page, NULL, 10) - 1 : 0;
    return parameter(path, "/api/v1/customers?external_id=", out->external_id, sizeof(out->external_id));
}

bool fake_request_read(struct span method, struct span path, struct span body, struct fake_request *out)
{
    static const struct {
        const char *before;
        enum call_kind kind;
    } reads[] = {{"/api/v1/customers/", CALL_READ_CUSTOMER},
                 {"/api/v1/conversations?customer_id=", CALL_LIST_CONVERSATIONS},
                 {"/api/v1/conversations/", CALL_READ_CONVERSATION},
                 {"/api/v1/messages?conversation_id=", CALL_READ_MESSAGES}};
    *out = (struct fake_request){0};
    text_after(body, "\"cupbearer_event\":\"", "\"", out->event, sizeof(out->event));
    text_after(body, "\"cupbearer\":\"", "\"", out->mark, sizeof(out->mark));
    if (span_equal(method, SPAN("POST")))
        return fake_post_read(path, body, out);
    if (span_equal(method, SPAN("PUT")))
        return fake_put_read(path, body, out);
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        out->kind = reads[i].kind;
        if (number_after(path, reads[i].before, &out->id)) {
            if (memmem(path.data, path.size, "status=closed", strlen("status=closed")) != NULL)
                out->kind = CALL_LIST_CLOSED;
            return true;
        }
    }
    out->kind = CALL_ME;
    if (span_equal(path, SPAN("/api/v1/me")))
        return true;
    return fake_find_read(path, out);
}

bool fake_request_writes(const struct fake_request *request)
{
    return call_writes(&(struct call){.kind = request->kind});
}

bool fake_request_posts(const struct fake_request *request)
{
    return call_posts(&(struct call){.kind = request->kind});
}

void fake_request_write(struct buf *out, const struct fake_request *request)
{
    static const char *const forms[] = {
        [CALL_FIND_CUSTOMERS] = "find",       [CALL_LIST_CUSTOMERS] = "rows of",
        [CALL_CREATE_CUSTOMER] = "create",    [CALL_READ_CUSTOMER] = "read c",
        [CALL_SET_HOST] = "host c",           [CALL_LIST_CONVERSATIONS] = "list c",
        [CALL_LIST_CLOSED] = "list closed c", [CALL_REOPEN] = "reopen v",
        [CALL_UNASSIGN] = "unassign v",       [CALL_READ_CONVERSATION] = "read v",
        [CALL_READ_MESSAGES] = "messages v",  [CALL_POST_MESSAGE] = "post v",
        [CALL_POST_CONVERSATION] = "open c",  [CALL_ME] = "me"};
    buf_add_text(out, forms[request->kind]);
    if (request->id != 0)
        buf_printf(out, "%u", request->id);
    if (request->external_id[0] != 0)
        buf_printf(out, " %s", request->external_id);
    if (request->page > 0)
        buf_printf(out, " page %u", request->page + 1);
    if (fake_request_posts(request))
        buf_printf(out, " %s", request->event);
}
