#include "demo/standin_chat.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "demo/standin_calls.h"
#include "demo/standin_fields.h"
#include "demo/standin_render.h"

/* Made by CMake of the files beside this one: unsigned char arrays. */
#include "chat_css.h"
#include "chat_html.h"
#include "chat_js.h"
#include "chat_markdown_js.h"

#define POLL_MS        25000
#define SHOWN_MESSAGES 200 /* the newest of a conversation */
#define TEXT_MAX       255 /* characters of an external_id */

static const struct {
    const char *path, *type;
    const unsigned char *data;
    size_t size;
} chat_files[] = {
    {NULL, "text/html; charset=utf-8", chat_html, sizeof(chat_html)},
    {"chat.css", "text/css; charset=utf-8", chat_css, sizeof(chat_css)},
    {"chat.js", "text/javascript; charset=utf-8", chat_js, sizeof(chat_js)},
    {"chat_markdown.js", "text/javascript; charset=utf-8", chat_markdown_js, sizeof(chat_markdown_js)},
};

/* The row that the widget would take: the latest updated one; one without a host it never finds. */
static struct standin_customer *chat_customer(const struct standin_person *person)
{
    struct standin_customer *best = NULL;
    for (struct standin_customer *at = person == NULL ? NULL : person->customers; at != NULL;
         at = at->next_of_person)
        if (at->texts[STANDIN_HOST] != NULL && (best == NULL || strcmp(at->updated_at, best->updated_at) > 0))
            best = at;
    return best;
}

/* The newest open, not archived one of source chat in the account's inbox. */
static struct standin_conversation *chat_conversation(const struct standin_customer *customer)
{
    struct standin_conversation *at = customer == NULL ? NULL : customer->conversations;
    for (; at != NULL; at = at->next_of_customer)
        if (at->owner == customer->owner && strcmp(at->status, "open") == 0 && at->archived_at[0] == 0 &&
            strcmp(at->source, "chat") == 0 && strcmp(at->inbox_id, customer->owner->inbox_id) == 0)
            return at;
    return NULL;
}

static void chat_write_message(struct buf *out, const struct standin_message *message)
{
    buf_printf(
        out, "{\"id\":\"%s\",\"type\":\"%s\",\"by_customer\":%s,\"seen\":%s,\"created_at\":\"%sZ\",\"body\":",
        message->id, message->type, message->customer == NULL ? "false" : "true",
        message->seen_at[0] == 0 ? "false" : "true", message->created_at);
    buf_add_text(out, message->body == NULL ? "null" : message->body);
    buf_add_text(out, ",\"metadata\":");
    buf_add_text(out, message->metadata == NULL ? "null" : message->metadata);
    buf_add_text(out, "}");
}

static void chat_write(struct buf *out, const struct standin_person *person)
{
    const struct standin_customer *customer = chat_customer(person);
    const struct standin_conversation *conversation = chat_conversation(customer);
    buf_printf(
        out, "{\"version\":%llu,\"customer\":", person == NULL ? 0ULL : (unsigned long long)person->version);
    /* "hidden": rows are there, but none that the widget would find. */
    bool hidden = customer == NULL && person != NULL && person->customers != NULL;
    buf_add_text(out, customer != NULL ? "\"found\"" : hidden ? "\"hidden\"" : "null");
    if (conversation == NULL) {
        buf_add_text(out, ",\"conversation\":null,\"messages\":[]}");
        return;
    }
    buf_printf(out, ",\"conversation\":\"%s\",\"messages\":[", conversation->id);
    size_t skip =
        conversation->message_count > SHOWN_MESSAGES ? conversation->message_count - SHOWN_MESSAGES : 0;
    size_t count = 0;
    for (const struct standin_message *at = conversation->first; at != NULL; at = at->next) {
        if (skip > 0) {
            skip--;
        } else if (!at->is_private) {
            standin_render_comma(out, count++);
            chat_write_message(out, at);
        }
    }
    buf_add_text(out, "]}");
}

static void chat_data(struct standin_store *store, const struct standin_request *request,
                      struct standin_reply *reply)
{
    struct span external_id = standin_request_param(request, "external_id");
    long long seen = standin_request_number(request, "version", -1);
    if (external_id.size == 0) {
        standin_reply_error(reply, 400, "want ?external_id=");
        return;
    }
    struct timespec until = standin_store_deadline(POLL_MS);
    standin_store_lock(store);
    const struct standin_person *person;
    do
        person = standin_store_person(store, store->first_owner, external_id);
    while ((long long)(person == NULL ? 0 : person->version) == seen &&
           standin_store_wait_change(store, &until));
    chat_write(&reply->body, person);
    standin_store_unlock(store);
}

/* The row that the widget takes, made where it finds none. The store is locked. */
static struct standin_customer *chat_identify(struct standin_store *store, struct span external_id)
{
    struct standin_owner *owner = store->first_owner;
    struct standin_customer *customer = chat_customer(standin_store_person(store, owner, external_id));
    if (customer != NULL)
        return customer;
    struct standin_customer draft = {.owner = owner};
    struct buf json;
    buf_init(&json, 16 * TEXT_MAX);
    json_write_string(&json, external_id);
    draft.texts[STANDIN_EXTERNAL_ID] = mem_copy(buf_span(&json));
    draft.texts[STANDIN_HOST] = mem_copy(SPAN("\"127.0.0.1\""));
    buf_done(&json);
    standin_time_now(store, draft.first_seen);
    standin_time_now(store, draft.last_seen_at);
    return standin_store_add_customer(store, &draft, external_id);
}

/* The customer's open conversation, made where there is none. The store is locked. */
static struct standin_conversation *chat_open(struct standin_store *store, struct standin_customer *customer)
{
    struct standin_conversation *conversation = chat_conversation(customer);
    if (conversation != NULL)
        return conversation;
    struct standin_conversation draft = {
        .owner = customer->owner, .customer = customer, .status = "open", .source = "chat"};
    memcpy(draft.inbox_id, customer->owner->inbox_id, STANDIN_ID_SIZE);
    return standin_store_add_conversation(store, &draft);
}

static void chat_say(struct standin_store *store, struct span external_id, struct standin_fields *fields,
                     struct standin_reply *reply)
{
    struct standin_message draft = {.type = "reply", .source = "chat"};
    draft.body = standin_field_text(fields, "body", 0);
    draft.metadata = standin_field_object(fields, "metadata");
    if (draft.body == NULL || fields->errors.size > 0 || fields->broken) {
        standin_reply_error(reply, 400, "want body, a text, and metadata an object");
    } else {
        draft.customer = chat_identify(store, external_id);
        draft.conversation = chat_open(store, draft.customer);
        draft.owner = draft.conversation->owner;
        if (standin_store_add_message(store, &draft, true) != NULL)
            draft = (struct standin_message){0};
        else
            standin_reply_detail(reply, 500);
    }
    standin_message_discard(&draft);
}

/* Recorded nowhere, read in Papercups' code: all that the customer did not write, at once. */
static void chat_see(struct standin_store *store, struct span external_id)
{
    struct standin_customer *customer =
        chat_customer(standin_store_person(store, store->first_owner, external_id));
    struct standin_conversation *conversation = chat_conversation(customer);
    if (conversation == NULL)
        return;
    for (struct standin_message *at = conversation->first; at != NULL; at = at->next)
        if (at->customer == NULL && at->seen_at[0] == 0)
            standin_time_now(store, at->seen_at);
    standin_store_touch(store, customer);
}

static void chat_post(struct standin_store *store, const struct standin_request *request,
                      struct standin_reply *reply)
{
    struct standin_fields fields;
    standin_fields_init_object(&fields, request->json);
    char *json = standin_field_text(&fields, "external_id", TEXT_MAX);
    struct span external_id = span_of(json_string_value(json_object_get(request->json, "external_id")));
    reply->status = 201;
    standin_store_lock(store);
    if (json == NULL)
        standin_reply_error(reply, 400, "want an external_id");
    else if (standin_request_part_is(request, 1, "message"))
        chat_say(store, external_id, &fields, reply);
    else if (standin_request_part_is(request, 1, "identify"))
        chat_identify(store, external_id);
    else if (standin_request_part_is(request, 1, "seen"))
        chat_see(store, external_id);
    else
        standin_reply_detail(reply, 404);
    standin_store_unlock(store);
    if (reply->status == 201)
        buf_add_text(&reply->body, "{\"ok\":true}");
    free(json);
    standin_fields_done(&fields);
}

static bool chat_file(const struct standin_request *request, struct standin_reply *reply)
{
    for (size_t i = 0; i < sizeof(chat_files) / sizeof(*chat_files); i++) {
        bool page = chat_files[i].path == NULL;
        if (page ? request->part_count != 1
                 : request->part_count != 2 || !standin_request_part_is(request, 1, chat_files[i].path))
            continue;
        reply->page = true;
        reply->type = chat_files[i].type;
        buf_add(&reply->body, chat_files[i].data, chat_files[i].size);
        return true;
    }
    return false;
}

void standin_chat_answer(struct standin_store *store, const struct standin_request *request,
                         struct standin_reply *reply)
{
    bool get = standin_request_is(request, "GET");
    if (get && chat_file(request, reply))
        return;
    if (get && request->part_count == 2 && standin_request_part_is(request, 1, "data"))
        chat_data(store, request, reply);
    else if (standin_request_is(request, "POST") && request->part_count == 2)
        chat_post(store, request, reply);
    else
        standin_reply_detail(reply, 404);
}
