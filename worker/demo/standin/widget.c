#include "demo/standin/control.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/time_text.h"
#include "demo/standin/calls.h"
#include "demo/standin/fields.h"
#include "demo/standin/render.h"
#include "os/thread.h"

#define TEXT_MAX  255 /* characters of a column of Papercups' database */
#define LISTEN_MS 25000

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

/* Who writes: the customer that the request names, the account's user where it names any, else the conversation's
 * customer. False where it names a customer that is none. The store is locked. */
static bool message_author(struct standin_store *store, const struct standin_request *request,
                           struct standin_message *draft)
{
    char id[STANDIN_ID_SIZE];
    const json_t *value = json_object_get(request->json, "customer_id");
    if (value == NULL) {
        bool by_user = json_is_integer(json_object_get(request->json, "user_id"));
        draft->customer = by_user ? NULL : draft->conversation->customer;
        return true;
    }
    if (!json_is_string(value) || !standin_id_read(span_of(json_string_value(value)), id))
        return false;
    draft->customer = standin_store_customer(store, id);
    return draft->customer != NULL;
}

/* The store is locked; the draft's texts become the store's, or stay the caller's. */
static void widget_store(struct standin_store *store, const struct standin_request *request,
                         struct standin_message *draft, const char *conversation_id,
                         struct standin_reply *reply)
{
    draft->conversation = standin_store_conversation(store, conversation_id);
    if (draft->conversation == NULL || !message_author(store, request, draft)) {
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

/* Read in Papercups' code: all that the account's users wrote, at once. */
void standin_widget_seen(struct standin_store *store, const struct standin_request *request,
                         struct standin_reply *reply)
{
    char id[STANDIN_ID_SIZE];
    const char *text = json_string_value(json_object_get(request->json, "conversation_id"));
    if (text == NULL || !standin_id_read(span_of(text), id)) {
        standin_reply_error(reply, 400, "want a conversation_id");
        return;
    }
    standin_store_lock(store);
    struct standin_conversation *conversation = standin_store_conversation(store, id);
    size_t count = 0;
    for (struct standin_message *at = conversation == NULL ? NULL : conversation->first; at != NULL;
         at = at->next) {
        if (at->customer != NULL || at->seen_at[0] != 0)
            continue;
        standin_time_now(store, at->seen_at);
        count++;
    }
    if (count > 0)
        standin_store_touch(store, conversation->customer);
    standin_store_unlock(store);
    if (conversation == NULL)
        standin_reply_detail(reply, 404);
    else
        buf_printf(&reply->body, "{\"seen\":%zu}", count);
}

/* What the widget listens to: the lobby of a customer, or one conversation. */
struct topic {
    char customer_id[STANDIN_ID_SIZE]; /* "" where it is a conversation's */
    const struct standin_conversation *conversation;
};

#define LOBBY "conversation:lobby:"
#define ROOM  "conversation:"

/* False where there is no such topic: the lobby of anybody is one, for who asks for it is not asked who he is. The store
 * is locked. */
static bool topic_read(struct standin_store *store, struct span text, struct topic *topic)
{
    char id[STANDIN_ID_SIZE];
    *topic = (struct topic){0};
    if (span_starts(text, SPAN(LOBBY)))
        return standin_id_read(span_skip(text, sizeof(LOBBY) - 1), topic->customer_id);
    if (!span_starts(text, SPAN(ROOM)) || !standin_id_read(span_skip(text, sizeof(ROOM) - 1), id))
        return false;
    topic->conversation = standin_store_conversation(store, id);
    return topic->conversation != NULL;
}

/* The first message that was announced after that version, as an index. */
static size_t message_after(const struct standin_store *store, uint64_t version)
{
    size_t low = 0, high = store->message_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (store->messages[middle]->announced <= version)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Appends what the topic heard after that version; how many events these are. The store is locked. */
static size_t topic_write(struct standin_store *store, const struct topic *topic, uint64_t version,
                          struct buf *out)
{
    size_t count = 0;
    if (topic->conversation == NULL) {
        const struct standin_customer *customer = standin_store_customer(store, topic->customer_id);
        const struct standin_conversation *at = customer == NULL ? NULL : customer->conversations;
        for (; at != NULL; at = at->next_of_customer) {
            if (at->announced <= version)
                continue;
            standin_render_comma(out, count++);
            buf_printf(out, "{\"event\":\"conversation:created\",\"payload\":{\"id\":\"%s\"}}", at->id);
        }
        return count;
    }
    for (size_t i = message_after(store, version); i < store->message_count; i++) {
        const struct standin_message *message = store->messages[i];
        const struct standin_message *shouted = message->shouted == NULL ? message : message->shouted;
        if (message->conversation != topic->conversation || shouted->is_private)
            continue;
        standin_render_comma(out, count++);
        buf_add_text(out, "{\"event\":\"shout\",\"payload\":");
        standin_render_message_expanded(out, shouted);
        buf_add_text(out, "}");
    }
    return count;
}

void standin_widget_listen(struct standin_store *store, const struct standin_request *request,
                           struct standin_reply *reply)
{
    struct span name = standin_request_param(request, "topic");
    long long after = standin_request_number(request, "after", -1);
    struct timespec until = thread_deadline(standin_request_number(request, "wait_ms", LISTEN_MS));
    struct topic topic;
    standin_store_lock(store);
    if (!topic_read(store, name, &topic)) {
        standin_store_unlock(store);
        standin_reply_error(reply, 404, "unauthorized");
        return;
    }
    struct buf *out = &reply->body;
    buf_add_text(out, "{\"events\":[");
    while (after >= 0 && topic_write(store, &topic, (uint64_t)after, out) == 0 &&
           standin_store_wait_change(store, &until))
        ;
    buf_printf(out, "],\"at\":%llu}", (unsigned long long)store->version);
    standin_store_unlock(store);
}
