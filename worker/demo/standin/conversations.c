#include "demo/standin/calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "demo/standin/fields.h"
#include "demo/standin/render.h"

#define SUBJECT_MAX 255 /* characters of a column of Papercups' database */

static const char *const conversation_sources[] = {"chat", "slack", "email", "sms", "api", "sandbox", NULL};

/* The conversation of the path, the store locked; NULL, unlocked and answered, where the account has no such one. */
static struct standin_conversation *conversation_of_path(const struct standin_call *call)
{
    char id[STANDIN_ID_SIZE];
    if (!standin_call_begins(call, id))
        return NULL;
    struct standin_conversation *found = standin_store_conversation(call->store, id);
    return standin_call_goes_on(call, found == NULL ? NULL : found->owner) ? found : NULL;
}

void standin_conversations_show(const struct standin_call *call)
{
    struct standin_conversation *conversation = conversation_of_path(call);
    if (conversation == NULL)
        return;
    buf_add_text(&call->reply->body, "{\"data\":");
    standin_render_conversation_expanded(&call->reply->body, conversation);
    standin_store_unlock(call->store);
    buf_add_text(&call->reply->body, "}");
}

/* What creating and updating read alike. A status that is none is a 500, but only where all else is right. */
static void conversation_read(const struct standin_call *call, struct standin_fields *fields,
                              struct standin_conversation *draft)
{
    static const char *const statuses[] = {"open", "closed", NULL};
    const char *status = json_string_value(json_object_get(fields->object, "status"));
    if (status != NULL && strcmp(status, "open") != 0 && strcmp(status, "closed") != 0)
        fields->broken = true;
    else
        draft->status = standin_field_choice(fields, "status", statuses);
    draft->source = standin_field_choice(fields, "source", conversation_sources);
    draft->priority = standin_field_text(fields, "priority", SUBJECT_MAX);
    draft->subject = standin_field_text(fields, "subject", SUBJECT_MAX);
    draft->metadata = standin_field_object(fields, "metadata");
    draft->read = standin_field_bool(fields, "read", false);
    standin_field_time(fields, "archived_at", draft->archived_at);
    const json_t *assignee = json_object_get(fields->object, "assignee_id");
    if (json_is_integer(assignee) && json_integer_value(assignee) > 0 &&
        json_integer_value(assignee) <= INT32_MAX)
        draft->assignee_id = (int)json_integer_value(assignee);
    else if (assignee != NULL && !json_is_null(assignee))
        standin_field_error(fields, "assignee_id", "is invalid");
    if (draft->assignee_id != 0 && !standin_store_user_exists(call->store, draft->assignee_id))
        fields->broken = true;
}

static void conversation_discard(struct standin_conversation *draft)
{
    free(draft->priority);
    free(draft->subject);
    free(draft->metadata);
    *draft = (struct standin_conversation){0};
}

/* Any account's customer and inbox will do: so recorded. */
static void conversation_read_links(const struct standin_call *call, struct standin_fields *fields,
                                    struct standin_conversation *draft)
{
    char id[STANDIN_ID_SIZE];
    if (draft->owner == NULL)
        return;
    memcpy(draft->inbox_id, draft->owner->inbox_id, STANDIN_ID_SIZE);
    if (standin_field_id(fields, "customer_id", id) && id[0] != 0) {
        standin_store_lock(call->store);
        draft->customer = standin_store_customer(call->store, id);
        standin_store_unlock(call->store);
        if (draft->customer == NULL)
            standin_field_error(fields, "customer_id", "does not exist");
    }
    if (!json_is_string(json_object_get(fields->object, "inbox_id")))
        return;
    if (standin_field_id(fields, "inbox_id", draft->inbox_id) && draft->inbox_id[0] != 0 &&
        standin_store_inbox(call->store, draft->inbox_id) == NULL)
        standin_field_error(fields, "inbox_id", "does not exist");
}

/* The second of the two writes: where the message is refused, the conversation stays behind, empty. Without a member
 * "body", or without a key, the message is dropped without a word. True where the reply is filled. */
static bool conversation_add_nested(const struct standin_call *call, const struct standin_fields *outer,
                                    struct standin_conversation *conversation)
{
    const json_t *object = json_object_get(outer->object, "message");
    if (call->owner == NULL || !json_is_object(object) || json_object_get(object, "body") == NULL)
        return false;
    struct standin_fields fields;
    standin_fields_init_object(&fields, object);
    struct standin_message draft = {.owner = call->owner, .conversation = conversation};
    standin_message_read(&fields, &draft);
    bool refused = standin_fields_refused(&fields, call->reply);
    if (!refused && standin_store_add_message(call->store, &draft, false) != NULL) {
        draft = (struct standin_message){0};
    } else if (!refused) {
        standin_reply_detail(call->reply, 500);
        refused = true;
    }
    standin_message_discard(&draft);
    standin_fields_done(&fields);
    return refused;
}

static void conversation_store(const struct standin_call *call, const struct standin_fields *fields,
                               struct standin_conversation *draft)
{
    struct standin_reply *reply = call->reply;
    bool closed = strcmp(draft->status, "closed") == 0;
    draft->status = "open";
    standin_store_lock(call->store);
    struct standin_conversation *conversation = standin_store_add_conversation(call->store, draft);
    *draft = (struct standin_conversation){0};
    if (closed)
        standin_store_set_status(call->store, conversation, "closed");
    /* The answer shows the conversation as it was before the message. */
    buf_add_text(&reply->body, "{\"data\":");
    standin_render_conversation(&reply->body, conversation);
    buf_add_text(&reply->body, "}");
    bool refused = conversation_add_nested(call, fields, conversation);
    if (!refused)
        standin_store_announce(call->store, conversation);
    standin_store_unlock(call->store);
    if (refused)
        return;
    reply->status = 201;
    snprintf(reply->location, sizeof(reply->location), "/api/conversations/%s", conversation->id);
}

/* The key's account wins over the body's: so recorded. Without a key the body must say one. */
static struct standin_owner *conversation_owner(const struct standin_call *call,
                                                struct standin_fields *fields)
{
    if (call->owner != NULL)
        return call->owner;
    return standin_call_owner_named(call, fields);
}

void standin_conversations_create(const struct standin_call *call)
{
    struct standin_fields fields;
    if (!standin_fields_init(&fields, call->request, "conversation", call->reply))
        return;
    struct standin_conversation draft = {.owner = conversation_owner(call, &fields)};
    conversation_read(call, &fields, &draft);
    conversation_read_links(call, &fields, &draft);
    if (!standin_fields_refused(&fields, call->reply))
        conversation_store(call, &fields, &draft);
    conversation_discard(&draft);
    standin_fields_done(&fields);
}

static void conversation_take(char **to, char **from)
{
    free(*to);
    *to = *from;
    *from = NULL;
}

static void conversation_apply(const struct standin_call *call, struct standin_conversation *conversation,
                               struct standin_conversation *draft, const struct standin_fields *fields)
{
    if (standin_field_given(fields, "priority"))
        conversation_take(&conversation->priority, &draft->priority);
    if (standin_field_given(fields, "subject"))
        conversation_take(&conversation->subject, &draft->subject);
    if (standin_field_given(fields, "metadata"))
        conversation_take(&conversation->metadata, &draft->metadata);
    if (standin_field_given(fields, "source"))
        conversation->source = draft->source;
    if (standin_field_given(fields, "read"))
        conversation->read = draft->read;
    if (standin_field_given(fields, "assignee_id"))
        conversation->assignee_id = draft->assignee_id;
    if (standin_field_given(fields, "archived_at"))
        memcpy(conversation->archived_at, draft->archived_at, STANDIN_TIME_SIZE);
    if (standin_field_given(fields, "status"))
        standin_store_set_status(call->store, conversation, draft->status);
    standin_store_touch(call->store, conversation->customer);
}

void standin_conversations_update(const struct standin_call *call)
{
    struct standin_conversation *conversation = conversation_of_path(call);
    if (conversation == NULL)
        return;
    struct standin_fields fields;
    if (standin_fields_init(&fields, call->request, "conversation", call->reply)) {
        struct standin_conversation draft = {0};
        conversation_read(call, &fields, &draft);
        if (!standin_fields_refused(&fields, call->reply)) {
            conversation_apply(call, conversation, &draft, &fields);
            buf_add_text(&call->reply->body, "{\"data\":");
            standin_render_conversation(&call->reply->body, conversation);
            buf_add_text(&call->reply->body, "}");
        }
        conversation_discard(&draft);
        standin_fields_done(&fields);
    }
    standin_store_unlock(call->store);
}
