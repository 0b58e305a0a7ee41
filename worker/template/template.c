#include "template/template.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "event/envelope.h"
#include "event/payload_member.h"
#include "template/fill.h"

#define FILLED_MAX 65536 /* bytes of one text; more than any may have */

struct template
{
    json_t *root; /* the placeholders' names and defaults point into it */
    struct placeholder placeholders[TEMPLATE_PLACEHOLDERS_MAX];
    size_t count;
};

bool template_name_is_valid(struct span name)
{
    return name.size >= 1 && name.size <= TEMPLATE_NAME_MAX &&
           span_only(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

void template_free(struct template *template)
{
    if (template == NULL)
        return;
    json_decref(template->root);
    free(template);
}

/* A copy of value with all its texts filled. */
static int filled_value(const struct filling *filling, const char *path, const json_t *value, json_t **out,
                        struct err *err);

static int filled_string(const struct filling *filling, const char *path, const json_t *value, bool markdown,
                         json_t **out, struct err *err)
{
    struct buf text;
    buf_init(&text, FILLED_MAX);
    int result = fill_text(filling, path, json_span(value), markdown, &text, err);
    if (result == 0 && text.failed)
        result = err_set(err, ERR_USAGE, "%s: is too long once its placeholders are filled", path);
    if (result != 0)
        err_place(err, "%s", path);
    else
        *out = json_stringn(text.size == 0 ? "" : text.data, text.size);
    buf_done(&text);
    return result;
}

static int filled_object(const struct filling *filling, const char *path, const json_t *value, json_t **out,
                         struct err *err)
{
    const char *name;
    json_t *member, *filled;
    int result = 0;
    *out = json_object();
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        if (result == 0 && strstr(name, "{{") != NULL) {
            err_set(err, ERR_USAGE, "%s: a placeholder can stand in a value, not in a member's name", path);
            result = err_place(err, "%s", path);
        }
        if (result == 0)
            result = filled_value(filling, path, member, &filled, err);
        if (result == 0)
            json_object_set_new(*out, name, filled);
    }
    return result;
}

static int filled_array(const struct filling *filling, const char *path, const json_t *value, json_t **out,
                        struct err *err)
{
    int result = 0;
    *out = json_array();
    for (size_t i = 0; i < json_array_size(value) && result == 0; i++) {
        json_t *filled;
        char place[64];
        snprintf(place, sizeof(place), "%.32s[%zu]", path, i);
        result = filled_value(filling, place, json_array_get(value, i), &filled, err);
        if (result == 0)
            json_array_append_new(*out, filled);
    }
    return result;
}

static int filled_value(const struct filling *filling, const char *path, const json_t *value, json_t **out,
                        struct err *err)
{
    int result = 0;
    *out = NULL;
    if (json_is_string(value))
        return filled_string(filling, path, value, false, out, err);
    if (json_is_object(value))
        result = filled_object(filling, path, value, out, err);
    else if (json_is_array(value))
        result = filled_array(filling, path, value, out, err);
    else
        *out = json_incref((json_t *)(uintptr_t)value);
    if (result != 0) {
        json_decref(*out);
        *out = NULL;
    }
    return result;
}

/* The members of an event's payload, held to the same rules as there. */
static int members_check(const json_t *members, struct err *err)
{
    const struct payload_member root = {.value = members}, of_message = member_of(&root, "message");
    const struct payload_member message = {.value = of_message.value}; /* its members are called as in the file */
    struct payload_member body = member_of(&message, "body"), replies = member_of(&message, "quick_replies"),
                  metadata = member_of(&message, "metadata"), ttl = member_of(&root, "ttl"),
                  within = member_of(&root, "deliver_within");
    const struct member_text rule = {.required = true, .least = 1, .most = 10000, .not_blank = true};
    struct detail detail;
    const json_t *unused = NULL;
    int64_t seconds;
    enum outcome outcome = member_text(&body, &rule, NULL, &detail);
    if (outcome == OUTCOME_NONE)
        outcome = member_quick_replies(&replies, &unused, &detail);
    if (outcome == OUTCOME_NONE)
        outcome = member_metadata(&metadata, true, NULL, &detail);
    if (outcome == OUTCOME_NONE)
        outcome = member_integer(&ttl, 1, TTL_MAX_S, &seconds, &detail);
    if (outcome == OUTCOME_NONE)
        outcome = member_integer(&within, 1, DELIVER_WITHIN_MAX_S, &seconds, &detail);
    return outcome == OUTCOME_NONE ? 0 : detail_err(&detail, err);
}

static int members_fill(const struct template *template, const struct filling *filling, json_t **members,
                        struct err *err)
{
    static const char *const of_message[] = {"body", "quick_replies", "metadata"};
    static const char *const of_payload[] = {"ttl", "deliver_within"};
    json_t *message = json_object(), *filled;
    int result = 0;
    *members = json_object();
    json_object_set_new(*members, "message", message);
    for (size_t i = 0; i < sizeof(of_message) / sizeof(of_message[0]) && result == 0; i++) {
        const json_t *value = json_object_get(template->root, of_message[i]);
        if (value == NULL || json_is_null(value))
            continue;
        result = i == 0 && json_is_string(value) ? filled_string(filling, "body", value, true, &filled, err)
                                                 : filled_value(filling, of_message[i], value, &filled, err);
        if (result == 0)
            json_object_set_new(message, of_message[i], filled);
    }
    for (size_t i = 0; i < sizeof(of_payload) / sizeof(of_payload[0]); i++) {
        json_t *value = json_object_get(template->root, of_payload[i]);
        if (value != NULL && !json_is_null(value))
            json_object_set_new(*members, of_payload[i], json_incref(value));
    }
    if (result == 0)
        result = members_check(*members, err);
    if (result == 0)
        return 0;
    json_decref(*members);
    *members = NULL;
    return result;
}

static int placeholder_read(const json_t *value, struct placeholder *placeholder, struct err *err)
{
    const char *name;
    json_t *member;
    if (!json_is_object(value))
        return err_set(err, ERR_USAGE, "expected {\"type\": \"text\"}, with a \"default\" or without");
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        if (strcmp(name, "type") != 0 && strcmp(name, "default") != 0)
            return err_set(err, ERR_USAGE,
                           "a placeholder has a \"type\" and may have a \"default\", nothing else");
    }
    if (!placeholder_type_read(json_member_span(value, "type"), &placeholder->type))
        return err_set(err, ERR_USAGE, "its \"type\" must be \"text\", \"number\" or \"url\"");
    const json_t *fallback = json_object_get(value, "default");
    if (fallback == NULL || json_is_null(fallback))
        return 0;
    if (!json_is_string(fallback))
        return err_set(err, ERR_USAGE, "its \"default\" must be a string, whatever the type");
    struct err why;
    placeholder->fallback = json_span(fallback);
    if (placeholder_check(placeholder->type, placeholder->fallback, NULL, &why) != 0)
        return err_set(err, ERR_USAGE, "its default %.400s", why.text);
    return 0;
}

static int placeholders_bad_name(struct err *err)
{
    err_set(err, ERR_USAGE, "blanks: a name must be of the form [a-z0-9][a-z0-9_-]{0,62}");
    return err_place(err, "blanks");
}

static int placeholders_read(struct template *template, struct err *err)
{
    const json_t *blanks = json_object_get(template->root, "blanks");
    const char *name;
    json_t *value;
    if (blanks == NULL || json_is_null(blanks))
        return 0;
    if (!json_is_object(blanks) || json_object_size(blanks) > TEMPLATE_PLACEHOLDERS_MAX) {
        err_set(err, ERR_USAGE, "blanks: expected an object of at most %d, such as {\"name\": {\"type\": \"text\"}}",
                TEMPLATE_PLACEHOLDERS_MAX);
        return err_place(err, "blanks");
    }
    json_object_foreach((json_t *)(uintptr_t)blanks, name, value)
    {
        struct err why;
        if (!name_is_valid(span_of(name)))
            return placeholders_bad_name(err);
        struct placeholder *placeholder = &template->placeholders[template->count++];
        placeholder->name = span_of(name);
        if (placeholder_read(value, placeholder, &why) != 0) {
            err_set(err, ERR_USAGE, "blanks.%s: %.400s", name, why.text);
            return err_place(err, "blanks.%s", name);
        }
    }
    return 0;
}

/* Fills it with short values that all differ: what is wrong then is wrong whatever the values are. */
static int template_try(const struct template *template, struct err *err)
{
    char samples[TEMPLATE_PLACEHOLDERS_MAX][24];
    struct span values[TEMPLATE_PLACEHOLDERS_MAX];
    bool used[TEMPLATE_PLACEHOLDERS_MAX] = {false};
    struct filling filling = {template->placeholders, template->count, values, used};
    json_t *members = NULL;
    for (size_t i = 0; i < template->count; i++) {
        snprintf(samples[i], sizeof(samples[i]), "q%zu", i);
        values[i] = span_of(samples[i]);
    }
    if (members_fill(template, &filling, &members, err) != 0)
        return -1;
    json_decref(members);
    for (size_t i = 0; i < template->count; i++)
        if (!used[i]) {
            err_set(err, ERR_USAGE, "blanks.%.*s: is used nowhere: write {{%.*s}} where it belongs, or take it out",
                    SPAN_ARGS(template->placeholders[i].name), SPAN_ARGS(template->placeholders[i].name));
            return err_place(err, "blanks.%.*s", SPAN_ARGS(template->placeholders[i].name));
        }
    return 0;
}

static int template_check(struct template *template, struct err *err)
{
    static const char *const known[] = {"body",           "quick_replies", "metadata", "ttl",
                                        "deliver_within", "blanks",        NULL};
    const struct payload_member root = {.value = template->root};
    struct detail detail;
    if (!json_is_object(template->root))
        return err_set(err, ERR_USAGE, "a message is an object, such as {\"body\": \"Need a hand?\"}");
    if (member_object(&root, known, &detail) != OUTCOME_NONE) {
        err_set(err, ERR_USAGE, "%s; known are body, quick_replies, metadata, ttl, deliver_within, blanks",
                detail.text);
        return err_place(err, "%.*s", SPAN_ARGS(detail_place(&detail)));
    }
    return placeholders_read(template, err) != 0 ? -1 : template_try(template, err);
}

int template_read(struct span json, struct template **out, struct err *err)
{
    *out = NULL;
    if (json.size > TEMPLATE_SIZE_MAX)
        return err_set(err, ERR_USAGE, "has %zu bytes; a message may have %u", json.size, TEMPLATE_SIZE_MAX);
    json_t *root = json_read(json, PAYLOAD_DEPTH_MAX - 1, err);
    if (root == NULL) {
        if (err != NULL)
            err->code = ERR_USAGE;
        return -1;
    }
    struct template *template = mem_new(1, sizeof(*template));
    template->root = root;
    if (template_check(template, err) == 0) {
        *out = template;
        return 0;
    }
    template_free(template);
    return -1;
}

static int bad_value(struct span placeholder, const char *text, struct err *err)
{
    err_set(err, ERR_USAGE, "placeholder '%.*s': %.400s", SPAN_ARGS(placeholder), text);
    return err_place(err, "blanks.%.*s", SPAN_ARGS(placeholder));
}

/* Puts what was given for a placeholder into its place. */
static int value_take(const struct template *template, const struct template_value *value,
                      struct span values[], struct err *err)
{
    struct span shown = {value->name.data, value->name.size < 63 ? value->name.size : 63};
    size_t i = 0;
    if (!name_is_valid(value->name))
        return placeholders_bad_name(err);
    while (i < template->count && !span_equal(template->placeholders[i].name, value->name))
        i++;
    if (i == template->count)
        return bad_value(shown, "the message has no such placeholder; is its name misspelt?", err);
    if (values[i].data != NULL)
        return bad_value(shown, "is given twice; which one is meant?", err);
    values[i] = value->value;
    return 0;
}

int template_fill(const struct template *template, const struct template_value *given, size_t count,
                  const struct template_rules *rules, json_t **members, struct err *err)
{
    struct span values[TEMPLATE_PLACEHOLDERS_MAX] = {{NULL, 0}};
    bool used[TEMPLATE_PLACEHOLDERS_MAX];
    struct filling filling = {template->placeholders, template->count, values, used};
    struct err why;
    *members = NULL;
    for (size_t i = 0; i < count; i++)
        if (value_take(template, &given[i], values, err) != 0)
            return -1;
    for (size_t i = 0; i < template->count; i++) {
        const struct placeholder *placeholder = &template->placeholders[i];
        if (values[i].data == NULL)
            values[i] = placeholder->fallback;
        if (values[i].data == NULL)
            return bad_value(placeholder->name, "has no value and no default: say what it is", err);
        if (placeholder_check(placeholder->type, values[i], rules, &why) != 0)
            return bad_value(placeholder->name, why.text, err);
    }
    return members_fill(template, &filling, members, err);
}
