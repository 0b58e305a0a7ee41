#include "demo/standin_calls.h"

#include "base/utf8.h"

static const struct {
    const char *method, *collection;
    size_t part_count; /* of /api/v1/collection/:id */
    void (*answer)(const struct standin_call *call);
} routes[] = {
    {"GET", "me", 3, standin_me},
    {"GET", "customers", 3, standin_customers_list},
    {"POST", "customers", 3, standin_customers_create},
    {"GET", "customers", 4, standin_customers_show},
    {"PUT", "customers", 4, standin_customers_update},
    {"GET", "conversations", 3, standin_conversations_list},
    {"POST", "conversations", 3, standin_conversations_create},
    {"GET", "conversations", 4, standin_conversations_show},
    {"PUT", "conversations", 4, standin_conversations_update},
    {"GET", "messages", 3, standin_messages_list},
    {"POST", "messages", 3, standin_messages_create},
};

static bool request_accepts(const struct standin_request *request, const char *kind)
{
    return request->accept.size == 0 || standin_span_has(request->accept, "*/*") ||
           standin_span_has(request->accept, kind);
}

static bool request_query_is_utf8(const struct standin_request *request)
{
    for (size_t i = 0; i < request->param_count; i++) {
        struct span value = request->params[i].value;
        for (size_t at = 0; at < value.size;)
            if (utf8_next(value, &at) < 0)
                return false;
    }
    return true;
}

/* A route that is none: Papercups shows its dashboard to whoever asks with GET. */
static void answer_unknown(const struct standin_request *request, struct standin_reply *reply)
{
    if (!standin_request_is(request, "GET"))
        standin_reply_detail(reply, 404);
    else if (!request_accepts(request, "html"))
        standin_reply_detail(reply, 406);
    else
        standin_reply_html(reply);
}

void standin_route(struct standin_store *store, const struct standin_request *request,
                   struct standin_reply *reply)
{
    struct standin_call call = {.store = store, .request = request, .reply = reply};
    if (!request_query_is_utf8(request)) {
        standin_reply_detail(reply, 400);
        return;
    }
    bool known = standin_request_part_is(request, 0, "api") && standin_request_part_is(request, 1, "v1");
    for (size_t i = 0; known && i < sizeof(routes) / sizeof(*routes); i++) {
        if (routes[i].part_count != request->part_count || !standin_request_is(request, routes[i].method) ||
            !standin_request_part_is(request, 2, routes[i].collection))
            continue;
        call.owner = standin_store_owner_by_key(store, standin_request_key(request));
        if (!request_accepts(request, "json"))
            standin_reply_detail(reply, 406);
        else if (call.owner == NULL)
            standin_reply_unauthenticated(reply);
        else
            routes[i].answer(&call);
        return;
    }
    answer_unknown(request, reply);
}
