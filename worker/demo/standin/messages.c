#include "demo/standin/calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "demo/standin/fields.h"
#include "demo/standin/render.h"

#define SUBJECT_MAX 255 /* characters of a column of Papercups' database */

static const char *const message_types[] = {"reply", "note", "bot", NULL};
static const char *const message_sources[] = {"chat", "slack", "mattermost", "email",
                                              "sms",  "api",   "sandbox",    NULL};

void standin_message_read(struct standin_fields *fields, struct standin_message *draft)
{
    draft->body = standin_field_text(fields, "body", 0);
    draft->content_type = standin_field_text(fields, "content_type", SUBJECT_MAX);
    draft->metadata = standin_field_object(fields, "metadata");
    draft->is_private = standin_field_bool(fields, "private", false);
    standin_field_time(fields, "seen_at", draft->seen_at);
    standin_field_time(fields, "sent_at", draft->sent_at);
    draft->source = standin_field_choice(fields, "source", message_sources);
    free(standin_field_text(fields, "subject", SUBJECT_MAX)); /* stored there, never shown */
    draft->type = standin_field_choice(fields, "type", message_types);
}

void standin_message_discard(struct standin_message *draft)
{
    free(draft->body);
    free(draft->content_type);
    free(draft->metadata);
    *draft = (struct standin_message){0};
}

/* Who writes: a customer, where the request names one, else the key's user. False where the reply is filled. */
static bool message_read_author(const struct standin_call *call, struct standin_fields *fields,
                                struct standin_message *draft)
{
    const json_t *value = json_object_get(fields->object, "customer_id");
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_string(value)) {
        standin_field_error(fields, "customer_id", "is invalid");
        return true;
    }
    const json_t *user_id = json_object_get(fields->object, "user_id");
    if (user_id != NULL && !json_is_null(user_id)) {
        standin_reply_error(call->reply, 422, "A message should not have both a `user_id` and `customer_id`");
        return false;
    }
    char id[STANDIN_ID_SIZE];
    if (!standin_id_read(span_of(json_string_value(value)), id)) {
        standin_reply_detail(call->reply, 400);
        return false;
    }
    standin_store_lock(call->store);
    draft->customer = standin_store_customer(call->store, id);
    standin_store_unlock(call->store);
    if (draft->customer == NULL)
        standin_reply_detail(call->reply, 404);
    else if (draft->customer->owner != call->owner)
        standin_reply_error(call->reply, 403, "Forbidden: invalid `customer_id`");
    return draft->customer != NULL && draft->customer->owner == call->owner;
}

/* Recorded: no look at whose conversation it is; an unknown one is a 500, and so is a mark that the index has. */
static void message_store(const struct standin_call *call, struct standin_message *draft,
                          const char *conversation_id)
{
    struct standin_reply *reply = call->reply;
    standin_store_lock(call->store);
    draft->conversation = standin_store_conversation(call->store, conversation_id);
    const struct standin_message *message = NULL;
    if (draft->conversation != NULL)
        message = standin_store_add_message(call->store, draft, true);
    if (message == NULL) {
        standin_store_unlock(call->store);
        standin_reply_detail(reply, 500);
        return;
    }
    *draft = (struct standin_message){0};
    reply->status = 201;
    snprintf(reply->location, sizeof(reply->location), "/api/messages/%s", message->id);
    buf_add_text(&reply->body, "{\"data\":");
    standin_render_message_expanded(&reply->body, message);
    standin_store_unlock(call->store);
    buf_add_text(&reply->body, "}");
}

void standin_messages_create(const struct standin_call *call)
{
    struct standin_fields fields;
    if (!standin_fields_init(&fields, call->request, "message", call->reply))
        return;
    struct standin_message draft = {.owner = call->owner};
    char conversation_id[STANDIN_ID_SIZE];
    if (message_read_author(call, &fields, &draft)) {
        standin_message_read(&fields, &draft);
        standin_field_id(&fields, "conversation_id", conversation_id);
        if (!standin_fields_refused(&fields, call->reply)) {
            message_store(call, &draft, conversation_id);
            /* A file that is not there is found out after the message was stored, and shown. */
            if (json_array_size(json_object_get(fields.object, "file_ids")) > 0)
                standin_reply_detail(call->reply, 500);
        }
    }
    standin_message_discard(&draft);
    standin_fields_done(&fields);
}

/* The message of the path, the store locked; NULL, unlocked and answered, where the account has none of that id. */
static struct standin_message *message_of_path(const struct standin_call *call)
{
    char id[STANDIN_ID_SIZE];
    if (!standin_call_begins(call, id))
        return NULL;
    struct standin_message *found = standin_store_message(call->store, id);
    return standin_call_goes_on(call, found == NULL ? NULL : found->owner) ? found : NULL;
}

static void message_write(struct buf *out, const struct standin_message *message)
{
    buf_add_text(out, "{\"data\":");
    standin_render_message_expanded(out, message);
    buf_add_text(out, "}");
}

void standin_messages_show(const struct standin_call *call)
{
    const struct standin_message *message = message_of_path(call);
    if (message == NULL)
        return;
    message_write(&call->reply->body, message);
    standin_store_unlock(call->store);
}

static void text_take(char **to, char **from)
{
    free(*to);
    *to = *from;
    *from = NULL;
}

static int is_bot(const char *type)
{
    return strcmp(type, "bot") == 0;
}

/* What it says, and how it is drawn; whose it is stays. */
static void message_apply(const struct standin_call *call, struct standin_message *message,
                          struct standin_message *draft, const struct standin_fields *fields)
{
    standin_store_keep_shouted(message);
    if (standin_field_given(fields, "body"))
        text_take(&message->body, &draft->body);
    if (standin_field_given(fields, "content_type"))
        text_take(&message->content_type, &draft->content_type);
    if (standin_field_given(fields, "metadata"))
        text_take(&message->metadata, &draft->metadata);
    if (standin_field_given(fields, "private"))
        message->is_private = draft->is_private;
    if (standin_field_given(fields, "seen_at"))
        memcpy(message->seen_at, draft->seen_at, STANDIN_TIME_SIZE);
    if (standin_field_given(fields, "source"))
        message->source = draft->source;
    if (standin_field_given(fields, "type")) {
        call->store->bot_message_count += (size_t)(is_bot(draft->type) - is_bot(message->type));
        message->type = draft->type;
    }
    standin_store_touch(call->store, message->conversation->customer);
}

/* False where the unique index has the new mark already. */
static bool message_change_mark(const struct standin_call *call, const struct standin_message *message,
                                const struct standin_message *draft, const struct standin_fields *fields)
{
    if (!standin_field_given(fields, "metadata"))
        return true;
    standin_store_give_mark_back(call->store, message);
    if (standin_store_take_mark(call->store, draft))
        return true;
    standin_store_take_mark(call->store, message);
    return false;
}

void standin_messages_update(const struct standin_call *call)
{
    struct standin_message *message = message_of_path(call);
    if (message == NULL)
        return;
    struct standin_fields fields;
    if (standin_fields_init(&fields, call->request, "message", call->reply)) {
        struct standin_message draft = {.owner = message->owner};
        standin_message_read(&fields, &draft);
        if (standin_fields_refused(&fields, call->reply)) {
        } else if (!message_change_mark(call, message, &draft, &fields)) {
            standin_reply_detail(call->reply, 500);
        } else {
            message_apply(call, message, &draft, &fields);
            message_write(&call->reply->body, message);
        }
        standin_message_discard(&draft);
        standin_fields_done(&fields);
    }
    standin_store_unlock(call->store);
}

void standin_messages_delete(const struct standin_call *call)
{
    struct standin_message *message = message_of_path(call);
    if (message == NULL)
        return;
    standin_store_remove_message(call->store, message);
    standin_store_unlock(call->store);
    standin_reply_empty(call->reply, 204);
}

/* What a list of messages asks for; an empty id, and text without data, is any. */
struct message_filter {
    char conversation_id[STANDIN_ID_SIZE], customer_id[STANDIN_ID_SIZE];
    struct span type, source;
};

static bool message_fits(const struct standin_message *message, const struct message_filter *filter)
{
    if (filter->type.data != NULL && !span_equal(span_of(message->type), filter->type))
        return false;
    if (filter->source.data != NULL && !span_equal(span_of(message->source), filter->source))
        return false;
    return filter->customer_id[0] == 0 ||
           (message->customer != NULL && strcmp(message->customer->id, filter->customer_id) == 0);
}

/* Newest first, to the second; within one they come in no order: here by their (random) ids. */
static int message_compare(const void *left, const void *right)
{
    const struct standin_message *const *a = left, *const *b = right;
    int order = strcmp((*b)->created_at, (*a)->created_at);
    return order != 0 ? order : strcmp((*a)->id, (*b)->id);
}

/* Those of the key's account that fit, sorted; the array is to be freed. */
static const struct standin_message **messages_find(const struct standin_call *call,
                                                    const struct message_filter *filter, size_t *out_count)
{
    struct standin_store *store = call->store;
    struct standin_conversation *conversation = NULL;
    bool all = filter->conversation_id[0] == 0;
    if (!all)
        conversation = standin_store_conversation(store, filter->conversation_id);
    size_t most = all ? store->message_count : conversation == NULL ? 0 : conversation->message_count;
    const struct standin_message **found = mem_new(most, sizeof(struct standin_message *));
    const struct standin_message *message = conversation == NULL ? NULL : conversation->first;
    size_t count = 0;
    for (size_t i = 0; i < most; i++) {
        if (all)
            message = store->messages[i];
        if (!message->deleted && message->owner == call->owner && message_fits(message, filter))
            found[count++] = message;
        message = message->next;
    }
    if (count > 0)
        qsort(found, count, sizeof(struct standin_message *), message_compare);
    *out_count = count;
    return found;
}

void standin_messages_list(const struct standin_call *call)
{
    struct message_filter filter = {
        .type = standin_request_param(call->request, "type"),
        .source = standin_request_param(call->request, "source"),
    };
    struct span conversation_id = standin_request_param(call->request, "conversation_id");
    struct span customer_id = standin_request_param(call->request, "customer_id");
    if ((conversation_id.data != NULL && !standin_id_read(conversation_id, filter.conversation_id)) ||
        (customer_id.data != NULL && !standin_id_read(customer_id, filter.customer_id))) {
        standin_reply_detail(call->reply, 400);
        return;
    }
    struct buf *out = &call->reply->body;
    standin_store_lock(call->store);
    size_t count;
    const struct standin_message **found = messages_find(call, &filter, &count);
    buf_add_text(out, "{\"data\":[");
    for (size_t i = 0; i < count; i++) {
        standin_render_comma(out, i);
        standin_render_message(out, found[i]);
    }
    standin_store_unlock(call->store);
    free(found);
    buf_add_text(out, "]}");
}
