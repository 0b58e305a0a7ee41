#include "papercups/message.h"

#include <assert.h>

#include "base/json.h"
#include "event/payload_member.h"

static void message_name(struct buf *out, const char *name)
{
    if (out->size > 0 && strchr("{[:", out->data[out->size - 1]) == NULL)
        buf_add_text(out, ",");
    json_write_string(out, span_of(name));
    buf_add_text(out, ":");
}

/* Papercups' widget breaks on anything but an array of {"text","action"}. */
static void message_quick_replies(struct buf *out, const json_t *replies)
{
    message_name(out, "quick_replies");
    buf_add_text(out, "[");
    for (size_t i = 0; i < json_array_size(replies); i++) {
        struct span text, action;
        quick_reply_parts(json_array_get(replies, i), &text, &action);
        buf_add_text(out, i == 0 ? "{" : ",{");
        message_name(out, "text");
        json_write_string(out, text);
        message_name(out, "action");
        json_write_string(out, action);
        buf_add_text(out, "}");
    }
    buf_add_text(out, "]");
}

static void message_members(struct buf *out, const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        message_name(out, name);
        json_write(out, value);
    }
}

static void message_write(struct message *message, const struct payload *payload,
                          const struct message_options *options)
{
    struct buf *out = &message->json;
    char mark[MARK_TEXT_SIZE + 1];
    identity_mark(&message->identity, mark);
    buf_add_text(out, "\"type\":\"bot\",\"body\":");
    json_write_string(out, payload->body);
    buf_add_text(out, ",\"metadata\":{");
    message_name(out, "cupbearer");
    json_write_string(out, span_of(mark));
    if (options->event_name.data != NULL) {
        message_name(out, "cupbearer_event");
        json_write_string(out, options->event_name);
    }
    if (payload->quick_replies != NULL)
        message_quick_replies(out, payload->quick_replies);
    if (!payload->webhooks) {
        message_name(out, "disable_webhook_events");
        buf_add_text(out, "true");
    }
    message_members(out, payload->metadata);
    buf_add_text(out, "}");
}

static void message_write_customer(struct buf *out, const json_t *customer, const char *widget_host)
{
    buf_add_text(out, "{\"customer\":{");
    const char *name;
    json_t *value;
    bool has_host = false;
    json_object_foreach((json_t *)(uintptr_t)customer, name, value)
    {
        if (json_is_null(value))
            continue;
        has_host = has_host || strcmp(name, "host") == 0;
        message_name(out, name);
        json_write(out, value);
    }
    if (!has_host) { /* a row without one is never found by the widget */
        message_name(out, "host");
        json_write_string(out, span_of(widget_host));
    }
    buf_add_text(out, "}}");
}

/* The page's own host where the event names it, else the account's. */
static void message_write_question(struct message *message, const struct payload *payload,
                                   const struct message_options *options)
{
    struct span host = payload_of_customer(payload, "host");
    struct span email = options->email_given ? payload_of_customer(payload, "email") : SPAN_NONE;
    buf_add_span(&message->host, host.data != NULL ? host : span_of(options->widget_host));
    if (email.size > 0)
        buf_add_span(&message->email, email);
    if (payload->address == ADDRESS_EXTERNAL_ID)
        buf_add_span(&message->external_id, payload->to);
    message->some_email = options->email_given && email.data == NULL;
}

void message_init(struct message *message, const struct payload *payload, const struct identity *identity,
                  const struct message_options *options)
{
    *message = (struct message){.identity = *identity};
    buf_init(&message->json, MESSAGE_JSON_MAX);
    buf_init(&message->customer, MESSAGE_JSON_MAX);
    buf_init(&message->external_id, 4096);
    buf_init(&message->host, 4096);
    buf_init(&message->email, 4096);
    message_write(message, payload, options);
    message_write_question(message, payload, options);
    if (payload->address == ADDRESS_EXTERNAL_ID)
        message_write_customer(&message->customer, payload->customer, options->widget_host);
    assert(!message->json.failed && !message->customer.failed && !message->external_id.failed &&
           !message->host.failed && !message->email.failed);
}

struct question message_question(const struct message *message)
{
    return (struct question){.external_id = buf_span(&message->external_id),
                             .host = buf_span(&message->host),
                             .email = buf_span(&message->email),
                             .some_email = message->some_email};
}

void message_done(struct message *message)
{
    buf_done(&message->json);
    buf_done(&message->customer);
    buf_done(&message->external_id);
    buf_done(&message->host);
    buf_done(&message->email);
}

size_t message_size(const struct message *message)
{
    return message->json.capacity + message->customer.capacity + message->external_id.capacity +
           message->host.capacity + message->email.capacity;
}
