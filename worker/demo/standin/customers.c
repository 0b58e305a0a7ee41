#include "demo/standin/calls.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "demo/standin/fields.h"
#include "demo/standin/render.h"

#define TEXT_MAX         255 /* characters of a column of Papercups' database */
#define CURRENT_URL_KEPT 250

void standin_me(const struct standin_call *call)
{
    const struct standin_owner *owner = call->owner;
    buf_printf(&call->reply->body,
               "{\"data\":{\"account_id\":\"%s\",\"email\":%s,\"id\":%d,\"role\":\"admin\"}}",
               owner->account_id, owner->email, owner->user_id);
}

/* The customer of the path, the store locked; NULL, unlocked and answered, where the account has none of that id. */
static struct standin_customer *customer_of_path(const struct standin_call *call)
{
    char id[STANDIN_ID_SIZE];
    if (!standin_call_begins(call, id))
        return NULL;
    struct standin_customer *found = standin_store_customer(call->store, id);
    return standin_call_goes_on(call, found == NULL ? NULL : found->owner) ? found : NULL;
}

void standin_customers_show(const struct standin_call *call)
{
    unsigned with = 0, expands = 0;
    for (size_t i = 0; i < call->request->param_count; i++) {
        const struct http_value *param = &call->request->params[i];
        if (!span_equal(param->name, SPAN("expand[]")))
            continue;
        expands++;
        with |= span_equal(param->value, SPAN("conversations")) ? STANDIN_WITH_CONVERSATIONS : 0U;
        with |= span_equal(param->value, SPAN("messages")) ? STANDIN_WITH_MESSAGES : 0U;
        with |= span_equal(param->value, SPAN("company")) ? STANDIN_WITH_COMPANY : 0U;
        with |= span_equal(param->value, SPAN("tags")) ? STANDIN_WITH_TAGS : 0U;
    }
    if (expands == 0)
        with = STANDIN_WITH_COMPANY | STANDIN_WITH_TAGS;
    struct standin_customer *customer = customer_of_path(call);
    if (customer == NULL)
        return;
    buf_add_text(&call->reply->body, "{\"data\":");
    standin_render_customer(&call->reply->body, customer, with);
    standin_store_unlock(call->store);
    buf_add_text(&call->reply->body, "}");
}

/* external_id and e-mail "null" and "undefined" are taken as null, a whole number as its digits, metadata of another
 * type as none, a long current_url is cut: on creation only. Returns a changed copy of the wrapped object. */
static json_t *customer_sanitized(const struct standin_fields *fields)
{
    json_t *object = json_copy((json_t *)(uintptr_t)fields->object);
    const char *names[] = {"external_id", "email"};
    for (size_t i = 0; i < 2; i++) {
        const char *text = json_string_value(json_object_get(object, names[i]));
        if (text != NULL && (strcmp(text, "null") == 0 || strcmp(text, "undefined") == 0))
            json_object_set_new(object, names[i], json_null());
    }
    json_t *external_id = json_object_get(object, "external_id");
    if (json_is_integer(external_id))
        json_object_set_new(object, "external_id",
                            json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(external_id)));
    json_t *metadata = json_object_get(object, "metadata");
    if (metadata != NULL && !json_is_object(metadata))
        json_object_del(object, "metadata");
    json_t *url = json_object_get(object, "current_url");
    if (json_string_length(url) > TEXT_MAX)
        json_object_set_new(object, "current_url",
                            json_sprintf("%.*s...", CURRENT_URL_KEPT, json_string_value(url)));
    return object;
}

void standin_customer_discard(struct standin_customer *draft)
{
    for (size_t i = 0; i < STANDIN_CUSTOMER_TEXTS; i++)
        free(draft->texts[i]);
    free(draft->metadata);
}

/* first_seen and last_seen_at: now where left out; an explicit null is an error. */
static void customer_read_seen(const struct standin_call *call, struct standin_fields *fields,
                               struct standin_customer *draft)
{
    char now[STANDIN_TIME_SIZE];
    standin_time_now(call->store, now);
    memcpy(draft->first_seen, now, sizeof(now));
    memcpy(draft->last_seen_at, now, sizeof(now));
    if (standin_field_given(fields, "first_seen")) {
        /* A date: what follows it is not looked at. */
        const json_t *value = json_object_get(fields->object, "first_seen");
        if (json_is_null(value))
            standin_field_error(fields, "first_seen", "can't be blank");
        else if (json_string_length(value) < 10 ||
                 !span_only((struct span){json_string_value(value), 10}, "-0123456789"))
            standin_field_error(fields, "first_seen", "is invalid");
        else
            memcpy(draft->first_seen, json_string_value(value), 10);
    }
    if (standin_field_given(fields, "last_seen_at")) {
        if (json_is_null(json_object_get(fields->object, "last_seen_at")))
            standin_field_error(fields, "last_seen_at", "can't be blank");
        else
            standin_field_time(fields, "last_seen_at", draft->last_seen_at);
    }
}

/* The body's account wins over the key's: so recorded. Without a key, as the widget and any stranger ask, it must say
 * one. */
static struct standin_owner *customer_owner(const struct standin_call *call, struct standin_fields *fields)
{
    if (call->owner != NULL && !standin_field_given(fields, "account_id"))
        return call->owner;
    return standin_call_owner_named(call, fields);
}

void standin_customers_create(const struct standin_call *call)
{
    struct standin_fields fields;
    if (!standin_fields_init(&fields, call->request, "customer", call->reply))
        return;
    json_t *object = customer_sanitized(&fields);
    fields.object = object;
    struct standin_customer draft = {0};
    draft.owner = customer_owner(call, &fields);
    for (size_t i = 0; i < STANDIN_CUSTOMER_TEXTS; i++)
        draft.texts[i] = standin_field_text(&fields, standin_customer_text_names[i], TEXT_MAX);
    draft.metadata = standin_field_object(&fields, "metadata");
    customer_read_seen(call, &fields, &draft);
    const json_t *url = json_object_get(object, "current_url");
    if (url != NULL && !json_is_string(url)) /* Papercups measures its length, whatever it is */
        standin_reply_detail(call->reply, 500);
    else if (!standin_fields_refused(&fields, call->reply)) {
        const json_t *external_id = json_object_get(object, "external_id");
        struct span text = json_span(external_id);
        standin_store_lock(call->store);
        struct standin_customer *customer =
            standin_store_add_customer(call->store, &draft, text.size == 0 ? SPAN_NONE : text);
        draft = (struct standin_customer){0};
        call->reply->status = 201;
        snprintf(call->reply->location, sizeof(call->reply->location), "/api/customers/%s", customer->id);
        buf_add_text(&call->reply->body, "{\"data\":");
        standin_render_customer(&call->reply->body, customer, 0);
        standin_store_unlock(call->store);
        buf_add_text(&call->reply->body, "}");
    }
    standin_customer_discard(&draft);
    standin_fields_done(&fields);
    json_decref(object);
}

/* Takes over one text; true where it is another one than before. */
static bool customer_set(char **to, char *text)
{
    bool same = *to == NULL ? text == NULL : text != NULL && strcmp(*to, text) == 0;
    free(*to);
    *to = text;
    return !same;
}

static void customer_apply(const struct standin_call *call, struct standin_customer *customer,
                           struct standin_customer *draft, const struct standin_fields *fields)
{
    bool changed = false;
    for (size_t i = 0; i < STANDIN_CUSTOMER_TEXTS; i++) {
        if (!standin_field_given(fields, standin_customer_text_names[i]))
            continue;
        bool other = customer_set(&customer->texts[i], draft->texts[i]);
        draft->texts[i] = NULL;
        changed = changed || other;
        if (other && i == STANDIN_EXTERNAL_ID) {
            const json_t *value = json_object_get(fields->object, "external_id");
            struct span text = json_span(value);
            standin_store_set_external_id(call->store, customer, text.size == 0 ? SPAN_NONE : text);
        }
    }
    if (standin_field_given(fields, "metadata")) {
        changed = customer_set(&customer->metadata, draft->metadata) || changed;
        draft->metadata = NULL;
    }
    if (changed) {
        standin_time_now(call->store, customer->updated_at);
        standin_store_touch(call->store, customer);
    }
}

void standin_customers_update(const struct standin_call *call)
{
    struct standin_customer *customer = customer_of_path(call);
    if (customer == NULL)
        return;
    struct standin_fields fields;
    if (standin_fields_init(&fields, call->request, "customer", call->reply)) {
        struct standin_customer draft = {0};
        for (size_t i = 0; i < STANDIN_CUSTOMER_TEXTS; i++)
            draft.texts[i] = standin_field_text(&fields, standin_customer_text_names[i], TEXT_MAX);
        draft.metadata = standin_field_object(&fields, "metadata");
        if (!standin_fields_refused(&fields, call->reply)) {
            customer_apply(call, customer, &draft, &fields);
            buf_add_text(&call->reply->body, "{\"data\":");
            standin_render_customer(&call->reply->body, customer, STANDIN_WITH_COMPANY | STANDIN_WITH_TAGS);
            buf_add_text(&call->reply->body, "}");
        }
        standin_customer_discard(&draft);
        standin_fields_done(&fields);
    }
    standin_store_unlock(call->store);
}
