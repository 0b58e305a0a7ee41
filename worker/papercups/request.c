#include "papercups/request.h"

#include <assert.h>

#define PATH_MAX_SIZE 8192

const char *call_word(enum call_kind kind)
{
    static const char *const words[] = {
        [CALL_FIND_CUSTOMERS] = "find_customers",       [CALL_CREATE_CUSTOMER] = "create_customer",
        [CALL_READ_CUSTOMER] = "read_customer",         [CALL_LIST_CONVERSATIONS] = "list_conversations",
        [CALL_READ_CONVERSATION] = "read_conversation", [CALL_READ_MESSAGES] = "read_messages",
        [CALL_POST_MESSAGE] = "post_message",           [CALL_POST_CONVERSATION] = "post_conversation",
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

void request_init(struct request *request, const struct call *call, const struct message *message,
                  const char *inbox)
{
    const char *id = call->id.text;
    bool writes = call->kind == CALL_CREATE_CUSTOMER || call->kind == CALL_POST_MESSAGE ||
                  call->kind == CALL_POST_CONVERSATION;
    *request = (struct request){.method = writes ? "POST" : "GET"};
    buf_init(&request->path, PATH_MAX_SIZE);
    buf_init(&request->body, MESSAGE_JSON_MAX + PATH_MAX_SIZE);
    switch (call->kind) {
    case CALL_FIND_CUSTOMERS:
        buf_add_text(&request->path, "/api/v1/customers?external_id=");
        buf_add_span(&request->path, buf_span(&message->external_id));
        break;
    case CALL_CREATE_CUSTOMER:
        buf_add_text(&request->path, "/api/v1/customers");
        buf_add_span(&request->body, buf_span(&message->customer));
        break;
    case CALL_READ_CUSTOMER:
        buf_printf(&request->path, "/api/v1/customers/%s?expand[]=conversations", id);
        break;
    case CALL_LIST_CONVERSATIONS:
        buf_printf(&request->path, "/api/v1/conversations?customer_id=%s&status=open&source=chat", id);
        if (inbox != NULL)
            buf_printf(&request->path, "&inbox_id=%s", inbox);
        break;
    case CALL_READ_CONVERSATION:
        buf_printf(&request->path, "/api/v1/conversations/%s", id);
        break;
    case CALL_READ_MESSAGES:
        buf_printf(&request->path, "/api/v1/messages?conversation_id=%s&type=bot", id);
        break;
    case CALL_POST_MESSAGE:
        request_post_message(request, id, message);
        break;
    case CALL_POST_CONVERSATION:
        request_post_conversation(request, id, message, inbox);
        break;
    }
    assert(!request->path.failed && !request->body.failed);
}

void request_done(struct request *request)
{
    buf_done(&request->path);
    buf_done(&request->body);
}
