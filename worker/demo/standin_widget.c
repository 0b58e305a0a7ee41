#include "demo/standin_control.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/time_text.h"
#include "demo/standin_calls.h"
#include "demo/standin_fields.h"

#define TEXT_MAX 255 /* characters of a column of Papercups' database */

static void time_add_second(const char from[STANDIN_TIME_SIZE], char to[STANDIN_TIME_SIZE])
{
    char text[21];
    int64_t ms = 0;
    snprintf(text, sizeof(text), "%sZ", from);
    time_text_read(span_of(text), &ms);
    time_text_write(text, ms + 1000);
    memcpy(to, text, STANDIN_TIME_SIZE - 1);
}

/* Later than every other row of its external_id, if need be by a time that is still to come. */
static void customer_make_newest(struct standin_customer *customer)
{
    const struct standin_customer *at = customer->person == NULL ? NULL : customer->person->customers;
    for (; at != NULL; at = at->next_of_person)
        if (at != customer && strcmp(at->updated_at, customer->updated_at) >= 0)
            time_add_second(at->updated_at, customer->updated_at);
}

/* The account that the request names, the first one where it names none; NULL for one that there is not. */
static struct standin_owner *widget_owner(struct standin_store *store, const struct standin_request *request)
{
    char id[STANDIN_ID_SIZE];
    const json_t *value = json_object_get(request->json, "account_id");
    if (value == NULL)
        return store->first_owner;
    if (!json_is_string(value) || !standin_id_read(span_of(json_string_value(value)), id))
        return NULL;
    return standin_store_owner(store, id);
}

void standin_widget_customer(struct standin_store *store, const struct standin_request *request,
                             struct standin_reply *reply)
{
    struct standin_fields fields;
    standin_fields_init_object(&fields, request->json);
    struct standin_customer draft = {.owner = widget_owner(store, request)};
    for (size_t i = 0; i < STANDIN_CUSTOMER_TEXTS; i++)
        draft.texts[i] = standin_field_text(&fields, standin_customer_text_names[i], TEXT_MAX);
    draft.metadata = standin_field_object(&fields, "metadata");
    if (!standin_field_given(&fields, "host"))
        draft.texts[STANDIN_HOST] = mem_copy(SPAN("\"127.0.0.1\""));
    standin_time_now(store, draft.first_seen);
    standin_time_now(store, draft.last_seen_at);
    if (draft.owner == NULL || draft.texts[STANDIN_EXTERNAL_ID] == NULL || fields.errors.size > 0 ||
        fields.broken) {
        standin_reply_error(reply, 400,
                            "want external_id, other texts of a customer, an account_id that there is");
        standin_customer_discard(&draft);
    } else {
        const char *external_id = json_string_value(json_object_get(request->json, "external_id"));
        standin_store_lock(store);
        struct standin_customer *customer = standin_store_add_customer(store, &draft, span_of(external_id));
        customer_make_newest(customer);
        standin_store_unlock(store);
        reply->status = 201;
        buf_printf(&reply->body, "{\"id\":\"%s\"}", customer->id);
    }
    standin_fields_done(&fields);
}

/* Who writes: the customer that the request names, else the conversation's. The store is locked. */
static struct standin_customer *message_author(struct standin_store *store,
                                               const struct standin_request *request,
                                               const struct standin_conversation *conversation)
{
    char id[STANDIN_ID_SIZE];
    const json_t *value = json_object_get(request->json, "customer_id");
    if (value == NULL)
        return conversation->customer;
    if (!json_is_string(value) || !standin_id_read(span_of(json_string_value(value)), id))
        return NULL;
    return standin_store_customer(store, id);
}

/* The store is locked; the draft's texts become the store's, or stay the caller's. */
static void widget_store(struct standin_store *store, const struct standin_request *request,
                         struct standin_message *draft, const char *conversation_id,
                         struct standin_reply *reply)
{
    draft->conversation = standin_store_conversation(store, conversation_id);
    if (draft->conversation != NULL)
        draft->customer = message_author(store, request, draft->conversation);
    if (draft->customer == NULL) {
        standin_reply_detail(reply, 404);
        return;
    }
    draft->owner = draft->conversation->owner;
    const struct standin_message *message = standin_store_add_message(store, draft, true);
    if (message == NULL) {
        standin_reply_detail(reply, 500);
        return;
    }
    *draft = (struct standin_message){0};
    reply->status = 201;
    buf_printf(&reply->body, "{\"id\":\"%s\",\"sequence\":%llu}", message->id,
               (unsigned long long)message->sequence);
}

void standin_widget_message(struct standin_store *store, const struct standin_request *request,
                            struct standin_reply *reply)
{
    struct standin_fields fields;
    standin_fields_init_object(&fields, request->json);
    struct standin_message draft = {0};
    char conversation_id[STANDIN_ID_SIZE] = "";
    standin_message_read(&fields, &draft);
    standin_field_id(&fields, "conversation_id", conversation_id);
    if (fields.errors.size > 0 || fields.broken) {
        standin_reply_error(reply, 400,
                            "want conversation_id, and body, type, metadata as a message has them");
    } else {
        standin_store_lock(store);
        widget_store(store, request, &draft, conversation_id, reply);
        standin_store_unlock(store);
    }
    standin_message_discard(&draft);
    standin_fields_done(&fields);
}
