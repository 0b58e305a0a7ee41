#include "demo/standin/calls.h"

#include "base/json.h"

static const char *const agent_acts[] = {"close", "reopen", "archive"};

bool standin_agent_can(const char *act)
{
    for (size_t i = 0; i < sizeof(agent_acts) / sizeof(*agent_acts); i++)
        if (strcmp(agent_acts[i], act) == 0)
            return true;
    return false;
}

void standin_agent_does(struct standin_store *store, struct standin_conversation *conversation,
                        const char *act)
{
    if (strcmp(act, "archive") == 0) {
        standin_time_now(store, conversation->archived_at);
        standin_store_touch(store, conversation->customer);
    } else {
        standin_store_set_status(store, conversation, strcmp(act, "close") == 0 ? "closed" : "open");
    }
}

static struct standin_conversation *conversation_of(struct standin_store *store, struct span id)
{
    char text[STANDIN_ID_SIZE];
    return standin_id_read(id, text) ? standin_store_conversation(store, text) : NULL;
}

struct standin_conversation *standin_agent_finds(struct standin_store *store,
                                                 const struct standin_request *request)
{
    if (standin_request_part_is(request, 2, "conversations") && request->part_count == 4)
        return conversation_of(store, request->parts[3]);
    const json_t *message = json_object_get(request->json, "message");
    struct span id = json_member_span(message, "conversation_id");
    if (id.data == NULL)
        id = standin_request_param(request, "conversation_id");
    if (id.data != NULL)
        return conversation_of(store, id);
    id = json_member_span(json_object_get(request->json, "conversation"), "customer_id");
    if (id.data == NULL)
        id = standin_request_param(request, "customer_id");
    char text[STANDIN_ID_SIZE];
    struct standin_customer *customer =
        standin_id_read(id, text) ? standin_store_customer(store, text) : NULL;
    return customer == NULL ? NULL : customer->conversations;
}
