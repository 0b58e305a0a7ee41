#include "event/payload.h"

#include "base/json.h"
#include "event/envelope.h"
#include "event/payload_member.h"

bool uuid_is_valid(struct span text)
{
    if (text.size != 36)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.data[i] != '-'
                 : text.data[i] == 0 || strchr("0123456789abcdef", text.data[i]) == NULL)
            return false;
    }
    return true;
}

/* Strings that Papercups keeps in 255 characters. */
#define TEXT_MAX 255

static enum outcome payload_customer(const struct payload_member *to, struct payload *out, struct detail *detail)
{
    static const char *const known[] = {"external_id", "email", "name", "phone", "host", "metadata", NULL};
    struct payload_member customer = member_of(to, "customer");
    enum outcome outcome = member_object(&customer, known, detail);
    if (outcome != OUTCOME_NONE)
        return outcome;
    out->address = ADDRESS_EXTERNAL_ID;
    out->customer = customer.value;
    const struct {
        const char *name;
        struct member_text rule;
        struct span *where;
    } texts[] = {
        {"external_id",
         {.required = true, .least = 1, .most = TEXT_MAX, .visible = true, .not_blank = true},
         &out->to},
        {"email", {.most = TEXT_MAX}, NULL},
        {"name", {.most = TEXT_MAX}, NULL},
        {"phone", {.most = TEXT_MAX}, NULL},
        {"host", {.least = 1, .most = TEXT_MAX, .visible = true}, NULL},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && outcome == OUTCOME_NONE; i++) {
        struct payload_member text = member_of(&customer, texts[i].name);
        outcome = member_text(&text, &texts[i].rule, texts[i].where, detail);
    }
    if (outcome != OUTCOME_NONE)
        return outcome;
    if (span_equal(out->to, SPAN("null")) || span_equal(out->to, SPAN("undefined")))
        return bad_member(
            &customer, "external_id",
            "is the word \"null\" or \"undefined\": a variable was empty, and strangers would share a chat",
            detail);
    struct payload_member metadata = member_of(&customer, "metadata");
    return member_metadata(&metadata, false, NULL, detail);
}

static enum outcome payload_uuid(const struct payload_member *to, const char *name, enum address address,
                                 struct payload *out, struct detail *detail)
{
    struct payload_member id = member_of(to, name);
    enum outcome outcome =
        member_text(&id, &(struct member_text){.required = true, .most = PAYLOAD_SIZE_MAX}, &out->to, detail);
    if (outcome != OUTCOME_NONE)
        return outcome;
    if (!uuid_is_valid(out->to))
        return bad_member(&id, NULL, "is not a UUID of 36 lower-case characters", detail);
    out->address = address;
    return OUTCOME_NONE;
}

static enum outcome payload_to(const struct payload_member *root, struct payload *out, struct detail *detail)
{
    static const char *const known[] = {"customer", "customer_id", "conversation_id", NULL};
    struct payload_member to = member_of(root, "to");
    enum outcome outcome = member_object(&to, known, detail);
    if (outcome != OUTCOME_NONE)
        return outcome;
    size_t given = 0;
    for (size_t i = 0; known[i] != NULL; i++)
        given += member_is_given(&to, known[i]) ? 1 : 0;
    if (given != 1)
        return bad_member(&to, NULL, "needs exactly one of customer, customer_id, conversation_id", detail);
    if (member_is_given(&to, "customer"))
        return payload_customer(&to, out, detail);
    if (member_is_given(&to, "customer_id"))
        return payload_uuid(&to, "customer_id", ADDRESS_CUSTOMER_ID, out, detail);
    return payload_uuid(&to, "conversation_id", ADDRESS_CONVERSATION_ID, out, detail);
}

static enum outcome payload_message(const struct payload_member *root, struct payload *out, struct detail *detail)
{
    static const char *const known[] = {"body", "quick_replies", "metadata", "webhooks", NULL};
    struct payload_member message = member_of(root, "message");
    enum outcome outcome = member_object(&message, known, detail);
    if (outcome != OUTCOME_NONE)
        return outcome;
    struct payload_member body = member_of(&message, "body");
    struct payload_member quick_replies = member_of(&message, "quick_replies");
    struct payload_member metadata = member_of(&message, "metadata");
    struct payload_member webhooks = member_of(&message, "webhooks");
    const struct member_text rule = {.required = true, .least = 1, .most = 10000, .not_blank = true};
    outcome = member_text(&body, &rule, &out->body, detail);
    if (outcome == OUTCOME_NONE)
        outcome = member_quick_replies(&quick_replies, &out->quick_replies, detail);
    if (outcome == OUTCOME_NONE)
        outcome = member_metadata(&metadata, true, &out->metadata, detail);
    if (outcome == OUTCOME_NONE)
        outcome = member_boolean(&webhooks, &out->webhooks, detail);
    return outcome;
}

static enum outcome payload_members(struct payload *out, struct detail *detail)
{
    static const char *const known[] = {"account", "to", "message", "ttl", "deliver_within", NULL};
    struct payload_member root = {.value = out->root};
    enum outcome outcome = member_object(&root, known, detail);
    if (outcome != OUTCOME_NONE)
        return outcome;
    struct payload_member account = member_of(&root, "account");
    outcome =
        member_text(&account, &(struct member_text){.required = true, .least = 1, .most = NAME_MAX_SIZE},
                    &out->account, detail);
    if (outcome == OUTCOME_NONE && !name_is_valid(out->account))
        outcome = bad_member(&account, NULL, "is not of the form [a-z0-9][a-z0-9_-]{0,62}", detail);
    if (outcome == OUTCOME_NONE)
        outcome = payload_to(&root, out, detail);
    if (outcome == OUTCOME_NONE)
        outcome = payload_message(&root, out, detail);
    struct payload_member ttl = member_of(&root, "ttl"), within = member_of(&root, "deliver_within");
    if (outcome == OUTCOME_NONE)
        outcome = member_integer(&ttl, 1, TTL_MAX_S, &out->ttl_s, detail);
    if (outcome == OUTCOME_NONE)
        outcome = member_integer(&within, 1, DELIVER_WITHIN_MAX_S, &out->deliver_within_s, detail);
    return outcome;
}

enum outcome payload_read(struct span value, struct payload *out, struct detail *detail)
{
    *out = (struct payload){.ttl_s = TTL_DEFAULT_S};
    if (value.data == NULL)
        return detail_set(detail, OUTCOME_BAD_PAYLOAD, "the record has no value");
    if (value.size < 2 || value.size > PAYLOAD_SIZE_MAX)
        return detail_set(detail, OUTCOME_BAD_PAYLOAD, "the value has %zu bytes; allowed are 2 to %u",
                          value.size, PAYLOAD_SIZE_MAX);
    struct err err;
    out->root = json_read(value, PAYLOAD_DEPTH_MAX, &err);
    if (out->root == NULL)
        return detail_set(detail, OUTCOME_BAD_PAYLOAD, "%s", err.text);
    enum outcome outcome = payload_members(out, detail);
    if (outcome != OUTCOME_NONE)
        payload_done(out);
    return outcome;
}

void payload_done(struct payload *payload)
{
    json_decref(payload->root);
    *payload = (struct payload){0};
}

static const char *const routing_forms[] = {
    [ADDRESS_EXTERNAL_ID] = "/e/", [ADDRESS_CUSTOMER_ID] = "/c/", [ADDRESS_CONVERSATION_ID] = "/v/"};

struct span payload_of_customer(const struct payload *payload, const char *name)
{
    struct span text = json_member_span(payload->customer, name);
    return text.size == 0 ? SPAN_NONE : text;
}

void payload_routing_key(const struct payload *payload, struct buf *out)
{
    buf_add_span(out, payload->account);
    buf_add_text(out, routing_forms[payload->address]);
    buf_add_span(out, payload->to);
}

bool payload_routes_to(const struct payload *payload, struct span key)
{
    const struct span parts[] = {payload->account, span_of(routing_forms[payload->address]), payload->to};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!span_starts(key, parts[i]))
            return false;
        key = span_skip(key, parts[i].size);
    }
    return key.size == 0;
}
