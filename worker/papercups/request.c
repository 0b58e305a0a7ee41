#include "papercups/request.h"

#include <assert.h>

#include "base/json.h"

#define PATH_MAX_SIZE 16384 /* three texts of 255 characters, encoded */

const char *call_word(enum call_kind kind)
{
    static const char *const words[] = {
        [CALL_FIND_CUSTOMERS] = "find_customers",
        [CALL_LIST_CUSTOMERS] = "list_customers",
        [CALL_CREATE_CUSTOMER] = "create_customer",
        [CALL_READ_CUSTOMER] = "read_customer",
        [CALL_SET_HOST] = "set_host",
        [CALL_LIST_CONVERSATIONS] = "list_conversations",
        [CALL_LIST_CLOSED] = "list_closed",
        [CALL_REOPEN] = "reopen",
        [CALL_UNASSIGN] = "unassign",
        [CALL_READ_CONVERSATION] = "read_conversation",
        [CALL_READ_MESSAGES] = "read_messages",
        [CALL_POST_MESSAGE] = "post_message",
        [CALL_POST_CONVERSATION] = "post_conversation",
        [CALL_ME] = "me",
    };
    return words[kind];
}

static void request_post_message(struct request *request, const char *conversation,
                                 const struct message *message)
{
    buf_add_text(&request->path, "/api/v1/messages");
    buf_printf(&request->body, "{\"message\":{\"conversation_id\":\"%s\",\"source\":\"api\",", conversation);
    buf_add_span(&request->body, buf_span(&message->json));
    buf_add_text(&request->body, "}}");
}

/* Source chat, because the widget shows no conversation of another; the message nested, because that reaches a widget
 * that waits in the lobby and assigns nobody. */
static void request_post_conversation(struct request *request, const char *customer,
                                      const struct message *message, const char *inbox)
{
    buf_add_text(&request->path, "/api/v1/conversations");
    buf_printf(&request->body, "{\"conversation\":{\"customer_id\":\"%s\",\"source\":\"chat\",", customer);
    if (inbox != NULL)
        buf_printf(&request->body, "\"inbox_id\":\"%s\",", inbox);
    buf_add_text(&request->body, "\"message\":{");
    buf_add_span(&request->body, buf_span(&message->json));
    buf_add_text(&request->body, "}}}");
}

static const char *request_method(enum call_kind kind)
{
    switch (kind) {
    case CALL_CREATE_CUSTOMER:
    case CALL_POST_MESSAGE:
    case CALL_POST_CONVERSATION:
        return "POST";
    case CALL_SET_HOST:
    case CALL_REOPEN:
    case CALL_UNASSIGN:
        return "PUT";
    case CALL_FIND_CUSTOMERS:
    case CALL_LIST_CUSTOMERS:
    case CALL_READ_CUSTOMER:
    case CALL_LIST_CONVERSATIONS:
    case CALL_LIST_CLOSED:
    case CALL_READ_CONVERSATION:
    case CALL_READ_MESSAGES:
    case CALL_ME:
        break;
    }
    return "GET";
}

static void request_list(struct request *request, const struct call *call, const char *status,
                         const char *inbox)
{
    buf_printf(&request->path, "/api/v1/conversations?customer_id=%s&status=%s&source=chat", call->id.text,
               status);
    if (inbox != NULL)
        buf_printf(&request->path, "&inbox_id=%s", inbox);
}

static void request_parameter(struct buf *path, const char *name, const struct buf *text)
{
    buf_add_text(path, name);
    for (size_t i = 0; i < text->size; i++) {
        unsigned char c = (unsigned char)text->data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.' || c == '~';
        buf_printf(path, plain ? "%c" : "%%%02X", c);
    }
}

/* To post to, as the page's widget asks; to read back, every row there is: what was posted before may stand with one of
 * another host. */
static void request_customers(struct request *request, const struct call *call, const struct message *message)
{
    request_parameter(&request->path, "/api/v1/customers?external_id=", &message->external_id);
    if (call->kind == CALL_FIND_CUSTOMERS)
        request_parameter(&request->path, "&host=", &message->host);
    if (call->kind == CALL_FIND_CUSTOMERS && message->email.size > 0)
        request_parameter(&request->path, "&email=", &message->email);
    if (call->page > 0)
        buf_printf(&request->path, "&page=%u", call->page + 1);
}

static void request_set_host(struct request *request, const char *customer, const struct message *message)
{
    buf_printf(&request->path, "/api/v1/customers/%s", customer);
    buf_add_text(&request->body, "{\"customer\":{\"host\":");
    json_write_string(&request->body, buf_span(&message->host));
    buf_add_text(&request->body, "}}");
}

static void request_update(struct request *request, const char *conversation, const char *what)
{
    buf_printf(&request->path, "/api/v1/conversations/%s", conversation);
    buf_printf(&request->body, "{\"conversation\":{%s}}", what);
}

/* What only reads, by id. */
static void request_read(struct request *request, const struct call *call)
{
    static const char *const paths[] = {[CALL_READ_CUSTOMER] = "/api/v1/customers/%s?expand[]=conversations",
                                        [CALL_READ_CONVERSATION] = "/api/v1/conversations/%s",
                                        [CALL_READ_MESSAGES] =
                                            "/api/v1/messages?conversation_id=%s&type=bot"};
    const char *path = paths[call->kind], *place = strstr(path, "%s");
    buf_add(&request->path, path, (size_t)(place - path));
    buf_add_text(&request->path, call->id.text);
    buf_add_text(&request->path, place + 2);
}

void request_init(struct request *request, const struct call *call, const struct message *message,
                  const char *inbox)
{
    const char *id = call->id.text;
    *request = (struct request){.method = request_method(call->kind)};
    buf_init(&request->path, PATH_MAX_SIZE);
    buf_init(&request->body, MESSAGE_JSON_MAX + PATH_MAX_SIZE);
    switch (call->kind) {
    case CALL_FIND_CUSTOMERS:
    case CALL_LIST_CUSTOMERS:
        request_customers(request, call, message);
        break;
    case CALL_CREATE_CUSTOMER:
        buf_add_text(&request->path, "/api/v1/customers");
        buf_add_span(&request->body, buf_span(&message->customer));
        break;
    case CALL_SET_HOST:
        request_set_host(request, id, message);
        break;
    case CALL_LIST_CONVERSATIONS:
    case CALL_LIST_CLOSED:
        request_list(request, call, call->kind == CALL_LIST_CLOSED ? "closed" : "open", inbox);
        break;
    case CALL_READ_CUSTOMER:
    case CALL_READ_CONVERSATION:
    case CALL_READ_MESSAGES:
        request_read(request, call);
        break;
    case CALL_REOPEN:
        request_update(request, id, "\"status\":\"open\"");
        break;
    case CALL_UNASSIGN:
        request_update(request, id, "\"assignee_id\":null");
        break;
    case CALL_POST_MESSAGE:
        request_post_message(request, id, message);
        break;
    case CALL_POST_CONVERSATION:
        request_post_conversation(request, id, message, inbox);
        break;
    case CALL_ME:
        buf_add_text(&request->path, "/api/v1/me");
        break;
    }
    assert(!request->path.failed && !request->body.failed);
}

void request_done(struct request *request)
{
    buf_done(&request->path);
    buf_done(&request->body);
}
