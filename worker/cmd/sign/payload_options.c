#include "cmd/sign/payload_options.h"

#include <assert.h>

#include "base/json.h"
#include "cmd/input.h"
#include "cmd/options.h"
#include "event/payload.h"

static const struct option_row rows[] = {
    OPTION(PAYLOAD_ACCOUNT, "account", "ACCOUNT", "an account of the workers' configuration"),
    OPTION(PAYLOAD_EXTERNAL_ID, "to-external-id", "ID", "to a customer, by the backend's own user id"),
    OPTION(PAYLOAD_CUSTOMER_ID, "to-customer-id", "UUID", "to a customer that Papercups knows"),
    OPTION(PAYLOAD_CONVERSATION_ID, "to-conversation-id", "UUID", "to that conversation and no other"),
    OPTION(PAYLOAD_EMAIL, "email", "TEXT", NULL),
    OPTION(PAYLOAD_NAME, "name", "TEXT", NULL),
    OPTION(PAYLOAD_PHONE, "phone", "TEXT", NULL),
    OPTION(PAYLOAD_HOST, "host", "TEXT", "of a customer that does not exist yet; only with --to-external-id"),
    OPTION(PAYLOAD_MESSAGE, "message", "NAME",
           "a template, NAME.json, in place of body, quick replies and metadata"),
    OPTION(PAYLOAD_MESSAGES_DIR, "messages-dir", "DIR",
           "where the templates are; default: " MESSAGE_DIRECTORY,
           .completion = COMPLETE_DIRECTORY),
    OPTION(PAYLOAD_SET, "set", "NAME=VALUE", "what the template's placeholder {{NAME}} holds",
           .more = "A placeholder that is left out takes its default", .repeatable = true),
    OPTION(PAYLOAD_LINK_HOST, "link-host", "HOST",
           "where links in its placeholders may lead: shop.example, or .shop.example for what lies below it",
           .repeatable = true),
    OPTION(PAYLOAD_BODY, "body", "TEXT",
           "the message, Markdown; - reads it from stdin, without the line end at its end"),
    OPTION(PAYLOAD_QUICK_REPLY, "quick-reply", "TEXT",
           "a button; TEXT=ACTION sends ACTION back. Cut at the first '=': a text that has one needs a payload "
           "file. Up to 10",
           .repeatable = true),
    OPTION(PAYLOAD_METADATA, "metadata", "JSON", "an object that is stored with the message"),
    OPTION(PAYLOAD_TTL, "ttl", "SECONDS", "how long the event is valid, 1 to 60; default: 45"),
    OPTION(PAYLOAD_DELIVER_WITHIN, "deliver-within", "SECONDS",
           "how long after its admission it still makes sense to deliver it, to 604800 (m and h may follow)"),
    OPTION(PAYLOAD_WEBHOOKS, "webhooks", NULL, "let Papercups' own webhooks see the message"),
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == PAYLOAD_COUNT, "one row for each option, in their order");

const struct option_group payload_group = {
    "payload", "The payload: a file (- is stdin), signed byte for byte, or these", rows, PAYLOAD_COUNT};

static const char *value_of(const struct payload_options *options, enum payload_option option)
{
    return options->values[option - PAYLOAD_ACCOUNT];
}

static const char *name_of(enum payload_option option)
{
    return rows[option - PAYLOAD_ACCOUNT].name;
}

static json_t *string_new(const char *option, struct span text, struct err *err)
{
    json_t *string = json_stringn(text.data, text.size);
    if (string == NULL)
        err_set(err, ERR_USAGE, "--%s is not UTF-8", option);
    return string;
}

static int quick_reply_add(struct payload_options *options, const char *value, struct err *err)
{
    struct span action = span_of(value), text = span_cut(&action, '=');
    json_t *reply = string_new("quick-reply", text, err);
    if (reply == NULL)
        return -1;
    if (action.data != NULL) {
        json_t *sent = string_new("quick-reply", action, err);
        if (sent == NULL) {
            json_decref(reply);
            return -1;
        }
        reply = json_pack("{s:o, s:o}", "text", reply, "action", sent);
    }
    if (options->quick_replies == NULL)
        options->quick_replies = json_array();
    return json_array_append_new(options->quick_replies, reply) == 0 ? 0
                                                                     : err_set(err, ERR_SYSTEM, "no memory");
}

int payload_options_take(struct payload_options *options, int option, const char *value, struct err *err)
{
    assert(option >= PAYLOAD_ACCOUNT && option < PAYLOAD_END);
    const char *name = rows[option - PAYLOAD_ACCOUNT].name;
    if (options->first == NULL)
        options->first = name;
    if (option == PAYLOAD_QUICK_REPLY)
        return quick_reply_add(options, value, err);
    if (option == PAYLOAD_SET)
        return template_options_set(&options->message, value, err);
    if (option == PAYLOAD_LINK_HOST)
        return template_options_host(&options->message, value, err);
    const char **place = &options->values[option - PAYLOAD_ACCOUNT];
    if (*place != NULL)
        return err_set(err, ERR_USAGE, "--%s was given twice; which one is meant?", name);
    *place = value == NULL ? "" : value;
    return 0;
}

void payload_options_done(struct payload_options *options)
{
    json_decref(options->quick_replies);
    template_options_done(&options->message);
    *options = (struct payload_options){0};
}

/* Sets object[member] to the text of an option, where that was given. */
static int text_put(const struct payload_options *options, enum payload_option option, json_t *object,
                    const char *member, struct err *err)
{
    const char *text = value_of(options, option);
    if (text == NULL)
        return 0;
    json_t *string = string_new(name_of(option), span_of(text), err);
    return string == NULL ? -1 : json_object_set_new(object, member, string);
}

static int seconds_put(const struct payload_options *options, enum payload_option option, json_t *object,
                       const char *member, int64_t most, struct err *err)
{
    const char *text = value_of(options, option);
    int64_t seconds;
    if (text == NULL)
        return 0;
    char name[32] = "--";
    strcat(name, name_of(option));
    if (options_seconds(name, text, 1, most, &seconds, err) != 0)
        return -1;
    return json_object_set_new(object, member, json_integer(seconds));
}

static int to_put(const struct payload_options *options, json_t *payload, struct err *err)
{
    static const enum payload_option ways[] = {PAYLOAD_EXTERNAL_ID, PAYLOAD_CUSTOMER_ID,
                                               PAYLOAD_CONVERSATION_ID};
    static const enum payload_option more[] = {PAYLOAD_EMAIL, PAYLOAD_NAME, PAYLOAD_PHONE, PAYLOAD_HOST};
    size_t given = 0;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        given += value_of(options, ways[i]) != NULL;
    if (given != 1)
        return err_set(err, ERR_USAGE,
                       "name the recipient: one of --to-external-id, --to-customer-id, --to-conversation-id%s",
                       given == 0 ? "" : ", not several");
    json_t *to = json_object(), *customer = to;
    json_object_set_new(payload, "to", to);
    if (value_of(options, PAYLOAD_EXTERNAL_ID) != NULL) {
        customer = json_object();
        json_object_set_new(to, "customer", customer);
    }
    int result = text_put(options, PAYLOAD_EXTERNAL_ID, customer, "external_id", err);
    if (result == 0)
        result = text_put(options, PAYLOAD_CUSTOMER_ID, to, "customer_id", err);
    if (result == 0)
        result = text_put(options, PAYLOAD_CONVERSATION_ID, to, "conversation_id", err);
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]) && result == 0; i++) {
        if (customer == to && value_of(options, more[i]) != NULL)
            return err_set(err, ERR_USAGE,
                           "--%s describes a new customer: it goes with --to-external-id only",
                           name_of(more[i]));
        result = text_put(options, more[i], customer, name_of(more[i]), err);
    }
    return result;
}

static int body_put(const struct payload_options *options, json_t *message, struct err *err)
{
    if (strcmp(value_of(options, PAYLOAD_BODY), "-") != 0)
        return text_put(options, PAYLOAD_BODY, message, "body", err);
    struct buf body;
    buf_init(&body, PAYLOAD_SIZE_MAX);
    int result = input_read("-", &body, err);
    struct span text = buf_span(&body);
    if (text.size > 0 && text.data[text.size - 1] == '\n')
        text.size -= text.size > 1 && text.data[text.size - 2] == '\r' ? 2 : 1;
    if (result == 0) {
        json_t *string = string_new("body", text, err);
        result = string == NULL ? -1 : json_object_set_new(message, "body", string);
    }
    buf_done(&body);
    return result;
}

static int metadata_put(const struct payload_options *options, json_t *message, struct err *err)
{
    const char *text = value_of(options, PAYLOAD_METADATA);
    struct err why;
    if (text == NULL)
        return 0;
    json_t *metadata = json_read(span_of(text), PAYLOAD_DEPTH_MAX, &why);
    if (metadata == NULL)
        return err_set(err, ERR_USAGE,
                       "--metadata: %.200s; expected an object, such as '{\"order_id\": \"o_99\"}'",
                       why.text);
    return json_object_set_new(message, "metadata", metadata);
}

/* The members of a template, in place of the options that say the same. */
static int template_put(const struct payload_options *options, json_t *payload, struct err *err)
{
    const char *directory = value_of(options, PAYLOAD_MESSAGES_DIR);
    const char *twice = value_of(options, PAYLOAD_BODY) != NULL       ? "body"
                        : options->quick_replies != NULL              ? "quick-reply"
                        : value_of(options, PAYLOAD_METADATA) != NULL ? "metadata"
                                                                      : NULL;
    json_t *members;
    if (twice != NULL)
        return err_set(err, ERR_USAGE, "--message says what the message is: --%s has no place beside it",
                       twice);
    if (template_options_fill(&options->message, directory == NULL ? MESSAGE_DIRECTORY : directory,
                             value_of(options, PAYLOAD_MESSAGE), &members, err) != 0)
        return -1;
    int result = json_object_update(payload, members);
    json_decref(members);
    if (result == 0 && value_of(options, PAYLOAD_WEBHOOKS) != NULL)
        result = json_object_set_new(json_object_get(payload, "message"), "webhooks", json_true());
    return result;
}

static int template_misses(const struct payload_options *options, struct err *err)
{
    const char *name = value_of(options, PAYLOAD_MESSAGES_DIR) != NULL ? "messages-dir"
                       : options->message.value_count > 0              ? "set"
                       : options->message.host_count > 0               ? "link-host"
                                                                       : NULL;
    if (name == NULL)
        return 0;
    return err_set(err, ERR_USAGE, "--%s goes with a template: say which, --message NAME", name);
}

static int message_put(const struct payload_options *options, json_t *payload, struct err *err)
{
    json_t *message = json_object();
    json_object_set_new(payload, "message", message);
    int result = body_put(options, message, err);
    if (result == 0 && options->quick_replies != NULL)
        result = json_object_set(message, "quick_replies", options->quick_replies);
    if (result == 0)
        result = metadata_put(options, message, err);
    if (result == 0 && value_of(options, PAYLOAD_WEBHOOKS) != NULL)
        result = json_object_set_new(message, "webhooks", json_true());
    return result;
}

static int payload_build(const struct payload_options *options, json_t *payload, struct err *err)
{
    if (value_of(options, PAYLOAD_ACCOUNT) == NULL)
        return err_set(err, ERR_USAGE, "say for which account: --account ACCOUNT");
    bool by_template = value_of(options, PAYLOAD_MESSAGE) != NULL;
    if (!by_template && template_misses(options, err) != 0)
        return -1;
    if (!by_template && value_of(options, PAYLOAD_BODY) == NULL)
        return err_set(
            err, ERR_USAGE,
            "say what the message is: --body TEXT, --body - to read it from stdin, or --message NAME");
    int result = text_put(options, PAYLOAD_ACCOUNT, payload, "account", err);
    if (result == 0)
        result = to_put(options, payload, err);
    if (result == 0)
        result = by_template ? template_put(options, payload, err) : message_put(options, payload, err);
    if (result == 0)
        result = seconds_put(options, PAYLOAD_TTL, payload, "ttl", TTL_MAX_S, err);
    if (result == 0)
        result = seconds_put(options, PAYLOAD_DELIVER_WITHIN, payload, "deliver_within", DELIVER_WITHIN_MAX_S,
                             err);
    return result;
}

int payload_options_read(const struct payload_options *options, const char *file, struct buf *out,
                         struct err *err)
{
    if (file != NULL && options->first != NULL)
        return err_set(err, ERR_USAGE,
                       "the payload is in a file: --%s has no place; change the file, or leave it out",
                       options->first);
    if (file != NULL)
        return input_read(file, out, err);
    if (options->first == NULL)
        return err_set(
            err, ERR_USAGE,
            "no payload: name a file (- is stdin), or give --account, --to-external-id and --body");
    err_set(err, ERR_SYSTEM, "no memory"); /* what a -1 of jansson's means; all others say their own */
    json_t *payload = json_object();
    int result = payload_build(options, payload, err);
    if (result == 0)
        json_write(out, payload);
    json_decref(payload);
    return result != 0 || !out->failed ? result
                                       : err_set(err, ERR_USAGE, "the payload is longer than 256 KiB");
}
