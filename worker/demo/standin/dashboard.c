#include <jansson.h>

#include "demo/standin/calls.h"

/* What of Papercups' dashboard a demo links to: one conversation, as an agent reads it. Rendered here, without scripts; it loads
 * itself anew, so that what comes is seen. */

#define HEAD                                                                                                 \
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"3\">" \
    "<title>Papercups (stand-in)</title></head><body>"

/* A text of the store, which holds it as JSON, for HTML. */
static void dashboard_text(struct buf *out, const char *json)
{
    json_t *value = json == NULL ? NULL : json_loads(json, JSON_DECODE_ANY, NULL);
    for (const char *at = json_string_value(value); at != NULL && *at != 0; at++)
        switch (*at) {
        case '&':
            buf_add_text(out, "&amp;");
            break;
        case '<':
            buf_add_text(out, "&lt;");
            break;
        default:
            buf_add(out, at, 1);
        }
    json_decref(value);
}

static const char *dashboard_author(const struct standin_message *message)
{
    if (message->customer != NULL)
        return "Customer";
    return strcmp(message->type, "bot") == 0 ? "Bot" : "Agent";
}

static void dashboard_conversation(struct buf *out, const struct standin_conversation *conversation)
{
    const struct standin_customer *customer = conversation->customer;
    bool named = customer->texts[STANDIN_NAME] != NULL;
    buf_add_text(out, "<h1>");
    dashboard_text(out, customer->texts[named ? STANDIN_NAME : STANDIN_EXTERNAL_ID]);
    buf_printf(out, "</h1><p>%s conversation, as Papercups' dashboard would show it to an agent</p>", conversation->status);
    for (const struct standin_message *message = conversation->first; message != NULL; message = message->next) {
        buf_printf(out, "<p style=\"white-space:pre-wrap\"><b>%s</b> ", dashboard_author(message));
        dashboard_text(out, message->body);
        buf_add_text(out, "</p>");
    }
}

bool standin_dashboard(struct standin_store *store, const struct standin_request *request, struct standin_reply *reply)
{
    char id[STANDIN_ID_SIZE];
    if (request->part_count != 3 || !standin_request_part_is(request, 0, "conversations") ||
        !standin_request_part_is(request, 1, "all") || request->parts[2].size >= sizeof(id))
        return false;
    snprintf(id, sizeof(id), "%.*s", SPAN_ARGS(request->parts[2]));
    standin_store_lock(store);
    const struct standin_conversation *conversation = standin_store_conversation(store, id);
    if (conversation != NULL) {
        buf_clear(&reply->body);
        reply->status = 200;
        reply->type = "text/html; charset=utf-8";
        buf_add_text(&reply->body, HEAD);
        dashboard_conversation(&reply->body, conversation);
        buf_add_text(&reply->body, "</body></html>");
    }
    standin_store_unlock(store);
    return conversation != NULL;
}
