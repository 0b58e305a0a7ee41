#include "demo/standin/calls.h"

#include "base/utf8.h"

/* Of /api/v1/COLLECTION/MEMBER, with a key, or of /api/COLLECTION/MEMBER, which is the widget's and asks for none. */
static const struct {
    const char *method, *collection, *member; /* NULL: none, "": any id */
    bool keyless;
    void (*answer)(const struct standin_call *call);
} routes[] = {
    {"GET", "me", NULL, false, standin_me},
    {"GET", "customers", NULL, false, standin_customers_list},
    {"POST", "customers", NULL, false, standin_customers_create},
    {"GET", "customers", "", false, standin_customers_show},
    {"PUT", "customers", "", false, standin_customers_update},
    {"GET", "conversations", NULL, false, standin_conversations_list},
    {"POST", "conversations", NULL, false, standin_conversations_create},
    {"GET", "conversations", "", false, standin_conversations_show},
    {"PUT", "conversations", "", false, standin_conversations_update},
    {"GET", "messages", NULL, false, standin_messages_list},
    {"POST", "messages", NULL, false, standin_messages_create},
    {"GET", "messages", "", false, standin_messages_show},
    {"PUT", "messages", "", false, standin_messages_update},
    {"DELETE", "messages", "", false, standin_messages_delete},
    {"GET", "customers", "identify", true, standin_customers_identify},
    {"POST", "customers", NULL, true, standin_customers_create},
    {"GET", "conversations", "customer", true, standin_conversations_of_customer},
    {"POST", "conversations", NULL, true, standin_conversations_create},
};

static bool route_fits(size_t i, const struct standin_request *request)
{
    size_t at = routes[i].keyless ? 1 : 2;
    const char *member = routes[i].member;
    return request->part_count == at + (member == NULL ? 1 : 2) &&
           standin_request_is(request, routes[i].method) && standin_request_part_is(request, 0, "api") &&
           (routes[i].keyless || standin_request_part_is(request, 1, "v1")) &&
           standin_request_part_is(request, at, routes[i].collection) &&
           (member == NULL || member[0] == 0 || standin_request_part_is(request, at + 1, member));
}

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
static void answer_unknown(struct standin_store *store, const struct standin_request *request,
                           struct standin_reply *reply)
{
    if (!standin_request_is(request, "GET"))
        standin_reply_detail(reply, 404);
    else if (!request_accepts(request, "html"))
        standin_reply_detail(reply, 406);
    else if (!standin_dashboard(store, request, reply))
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
    for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
        if (!route_fits(i, request))
            continue;
        if (!routes[i].keyless)
            call.owner = standin_store_owner_by_key(store, standin_request_key(request));
        if (!request_accepts(request, "json"))
            standin_reply_detail(reply, 406);
        else if (call.owner == NULL && !routes[i].keyless)
            standin_reply_unauthenticated(reply);
        else
            routes[i].answer(&call);
        return;
    }
    answer_unknown(store, request, reply);
}
