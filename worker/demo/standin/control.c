#include "demo/standin/control.h"

#include <stdio.h>

#include "demo/standin/calls.h"
#include "demo/standin/render.h"

/* Recorded: Papercups' server answers so many requests a connection, and waits so long. */
#define REQUESTS_MAX 1000
#define IDLE_S       60
#define FRESH_S      5

void standin_control_init(struct standin_control *control, struct standin_store *store)
{
    *control = (struct standin_control){.store = store};
    control->requests_max = REQUESTS_MAX;
    control->idle_s = IDLE_S;
    control->fresh_s = FRESH_S;
    standin_service_init(&control->service, store);
}

void standin_control_done(struct standin_control *control)
{
    standin_faults_done(&control->faults);
    standin_service_done(&control->service);
}

static void control_counts(struct standin_control *control, struct standin_reply *reply)
{
    struct standin_store *store = control->store;
    standin_store_lock(store);
    buf_printf(
        &reply->body,
        "{\"bot_messages\":%zu,\"conversations\":%zu,\"customers\":%zu,\"messages\":%zu,\"requests\":%llu}",
        store->bot_message_count, store->conversations.count, store->customers.count,
        store->messages_by_id.count, (unsigned long long)control->faults.requests);
    standin_store_unlock(store);
}

static const char *json_or_null(const char *json)
{
    return json == NULL ? "null" : json;
}

static void control_write_message(struct buf *out, const struct standin_message *message)
{
    const struct standin_conversation *conversation = message->conversation;
    const struct standin_customer *customer = conversation->customer;
    buf_printf(out,
               "{\"sequence\":%llu,\"account_id\":\"%s\",\"conversation_id\":\"%s\","
               "\"conversation_account_id\":\"%s\",\"customer_id\":\"%s\"",
               (unsigned long long)message->sequence, message->owner->account_id, conversation->id,
               conversation->owner->account_id, customer->id);
    buf_add_text(out, ",\"external_id\":");
    buf_add_text(out, json_or_null(customer->texts[STANDIN_EXTERNAL_ID]));
    buf_printf(out, ",\"type\":\"%s\",\"source\":\"%s\",\"seen\":%s,\"body\":", message->type,
               message->source, message->seen_at[0] == 0 ? "false" : "true");
    buf_add_text(out, json_or_null(message->body));
    buf_add_text(out, ",\"metadata\":");
    buf_add_text(out, json_or_null(message->metadata));
    buf_add_text(out, "}");
}

static void control_messages(struct standin_control *control, const struct standin_request *request,
                             struct standin_reply *reply)
{
    struct standin_store *store = control->store;
    long long after = standin_request_number(request, "after", 0);
    long long limit = standin_request_number(request, "limit", INT64_MAX);
    buf_add_text(&reply->body, "{\"messages\":[");
    standin_store_lock(store);
    size_t start = (unsigned long long)after > store->message_count ? store->message_count : (size_t)after;
    size_t count = 0;
    for (size_t i = start; i < store->message_count && (long long)count < limit; i++) {
        if (store->messages[i]->deleted)
            continue;
        standin_render_comma(&reply->body, count++);
        control_write_message(&reply->body, store->messages[i]);
    }
    standin_store_unlock(store);
    buf_add_text(&reply->body, "]}");
}

static void control_write_conversation(struct buf *out, const struct standin_conversation *conversation)
{
    buf_printf(
        out,
        "{\"id\":\"%s\",\"account_id\":\"%s\",\"customer_id\":\"%s\",\"inbox_id\":\"%s\",\"source\":\"%s\","
        "\"status\":\"%s\",\"archived\":%s,\"assignee_id\":",
        conversation->id, conversation->owner->account_id, conversation->customer->id, conversation->inbox_id,
        conversation->source, conversation->status, conversation->archived_at[0] == 0 ? "false" : "true");
    if (conversation->assignee_id == 0)
        buf_add_text(out, "null");
    else
        buf_printf(out, "%d", conversation->assignee_id);
    buf_printf(out, ",\"messages\":%zu}", conversation->message_count);
}

/* Of every account, newest first within a customer row. */
static void control_conversations(struct standin_control *control, const struct standin_request *request,
                                  struct standin_reply *reply)
{
    struct standin_store *store = control->store;
    struct span external_id = standin_request_param(request, "external_id");
    if (external_id.data == NULL) {
        standin_reply_error(reply, 400, "want ?external_id=");
        return;
    }
    buf_add_text(&reply->body, "{\"conversations\":[");
    size_t count = 0;
    standin_store_lock(store);
    for (const struct standin_owner *owner = store->first_owner; owner != NULL; owner = owner->next) {
        const struct standin_person *person = standin_store_person(store, owner, external_id);
        const struct standin_customer *customer = person == NULL ? NULL : person->customers;
        for (; customer != NULL; customer = customer->next_of_person) {
            const struct standin_conversation *at = customer->conversations;
            for (; at != NULL; at = at->next_of_customer) {
                standin_render_comma(&reply->body, count++);
                control_write_conversation(&reply->body, at);
            }
        }
    }
    standin_store_unlock(store);
    buf_add_text(&reply->body, "]}");
}

static void control_agent(struct standin_control *control, const struct standin_request *request,
                          const char *act, struct standin_reply *reply)
{
    char id[STANDIN_ID_SIZE];
    const char *text = json_string_value(json_object_get(request->json, "conversation_id"));
    if (text == NULL || !standin_id_read(span_of(text), id)) {
        standin_reply_error(reply, 400, "want a conversation_id");
        return;
    }
    standin_store_lock(control->store);
    struct standin_conversation *conversation = standin_store_conversation(control->store, id);
    if (conversation == NULL) {
        standin_reply_detail(reply, 404);
    } else {
        standin_agent_does(control->store, conversation, act);
        control_write_conversation(&reply->body, conversation);
    }
    standin_store_unlock(control->store);
}

static void control_index(struct standin_control *control, const struct standin_request *request,
                          struct standin_reply *reply)
{
    const json_t *on = json_object_get(request->json, "on");
    if (!json_is_boolean(on)) {
        standin_reply_error(reply, 400, "want on, true or false");
        return;
    }
    standin_store_lock(control->store);
    bool made = standin_store_set_index(control->store, json_is_true(on));
    standin_store_unlock(control->store);
    if (made)
        buf_printf(&reply->body, "{\"on\":%s}", json_is_true(on) ? "true" : "false");
    else
        standin_reply_error(reply, 409, "two messages of an account share their metadata.cupbearer");
}

/* A number, where the request has it; false where it is none, or below `least`. */
static bool control_set(const struct standin_request *request, const char *name, unsigned least,
                        atomic_uint *to)
{
    const json_t *value = json_object_get(request->json, name);
    if (value == NULL)
        return true;
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < (json_int_t)least || number > 1000000000)
        return false;
    *to = (unsigned)number;
    return true;
}

static void control_connections(struct standin_control *control, const struct standin_request *request,
                                struct standin_reply *reply)
{
    if (!json_is_object(request->json) || !control_set(request, "requests", 1, &control->requests_max) ||
        !control_set(request, "idle_s", 1, &control->idle_s) ||
        !control_set(request, "fresh_s", 1, &control->fresh_s))
        standin_reply_error(reply, 400, "want requests, idle_s and fresh_s, each a number from 1");
    else
        buf_printf(&reply->body, "{\"requests\":%u,\"idle_s\":%u,\"fresh_s\":%u}", control->requests_max,
                   control->idle_s, control->fresh_s);
}

static void control_clock(struct standin_control *control, const struct standin_request *request,
                          struct standin_reply *reply)
{
    if (!control_set(request, "ahead_s", 0, &control->store->ahead_s))
        standin_reply_error(reply, 400, "want ahead_s, a number from 0");
    else
        buf_printf(&reply->body, "{\"ahead_s\":%u}", control->store->ahead_s);
}

static void control_look(struct standin_control *control, const struct standin_request *request,
                         struct standin_reply *reply)
{
    if (standin_request_part_is(request, 1, "healthz"))
        buf_add_text(&reply->body, "{\"ok\":true}");
    else if (standin_request_part_is(request, 1, "counts"))
        control_counts(control, reply);
    else if (standin_request_part_is(request, 1, "messages"))
        control_messages(control, request, reply);
    else if (standin_request_part_is(request, 1, "conversations"))
        control_conversations(control, request, reply);
    else if (standin_request_part_is(request, 1, "socket"))
        standin_widget_listen(control->store, request, reply);
    else
        standin_reply_detail(reply, 404);
}

static void control_do(struct standin_control *control, const struct standin_request *request,
                       struct standin_reply *reply)
{
    if (standin_request_part_is(request, 1, "close"))
        control_agent(control, request, "close", reply);
    else if (standin_request_part_is(request, 1, "reopen"))
        control_agent(control, request, "reopen", reply);
    else if (standin_request_part_is(request, 1, "archive"))
        control_agent(control, request, "archive", reply);
    else if (standin_request_part_is(request, 1, "widget_customer"))
        standin_widget_customer(control->store, request, reply);
    else if (standin_request_part_is(request, 1, "widget_message"))
        standin_widget_message(control->store, request, reply);
    else if (standin_request_part_is(request, 1, "seen"))
        standin_widget_seen(control->store, request, reply);
    else if (standin_request_part_is(request, 1, "service"))
        standin_service_answer(&control->service, request, reply);
    else if (standin_request_part_is(request, 1, "index"))
        control_index(control, request, reply);
    else if (standin_request_part_is(request, 1, "connections"))
        control_connections(control, request, reply);
    else if (standin_request_part_is(request, 1, "clock"))
        control_clock(control, request, reply);
    else
        standin_reply_detail(reply, 404);
}

void standin_control_answer(struct standin_control *control, const struct standin_request *request,
                            struct standin_reply *reply)
{
    if (request->part_count != 2)
        standin_reply_detail(reply, 404);
    else if (standin_request_part_is(request, 1, "faults"))
        standin_faults_answer(&control->faults, control->store, request, reply);
    else if (standin_request_is(request, "GET"))
        control_look(control, request, reply);
    else if (standin_request_is(request, "POST"))
        control_do(control, request, reply);
    else
        standin_reply_detail(reply, 404);
}
