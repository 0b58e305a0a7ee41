#include "demo/standin/fields.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time_text.h"
#include "base/utf8.h"

#define JSON_LIMIT (16U << 20) /* of one member; requests are smaller, escapes may double them */

void standin_fields_init_object(struct standin_fields *fields, const json_t *object)
{
    *fields = (struct standin_fields){.object = object};
    buf_init(&fields->errors, 4096);
}

bool standin_fields_init(struct standin_fields *fields, const struct standin_request *request,
                         const char *wrapper, struct standin_reply *reply)
{
    json_t *object = json_object_get(request->json, wrapper);
    if (!json_is_object(object)) {
        bool update = standin_request_is(request, "PUT");
        standin_reply_detail(reply, object == NULL || update ? 400 : 500);
        return false;
    }
    standin_fields_init_object(fields, object);
    return true;
}

void standin_fields_done(struct standin_fields *fields)
{
    buf_done(&fields->errors);
}

bool standin_fields_refused(const struct standin_fields *fields, struct standin_reply *reply)
{
    if (fields->errors.size > 0) {
        buf_clear(&reply->body);
        reply->status = 422;
        buf_add_text(&reply->body, "{\"error\":{\"errors\":{");
        buf_add_span(&reply->body, buf_span(&fields->errors));
        buf_add_text(&reply->body, "},\"message\":\"Unprocessable Entity\",\"status\":422}}");
        return true;
    }
    if (fields->broken)
        standin_reply_detail(reply, 500);
    return fields->broken;
}

void standin_field_error(struct standin_fields *fields, const char *name, const char *text)
{
    buf_printf(&fields->errors, "%s\"%s\":[\"%s\"]", fields->errors.size > 0 ? "," : "", name, text);
}

bool standin_field_given(const struct standin_fields *fields, const char *name)
{
    return json_object_get(fields->object, name) != NULL;
}

static const json_t *field_value(const struct standin_fields *fields, const char *name)
{
    const json_t *value = json_object_get(fields->object, name);
    return json_is_null(value) ? NULL : value;
}

static char *field_json(const json_t *value)
{
    struct buf json;
    buf_init(&json, JSON_LIMIT);
    if (json_is_string(value))
        json_write_string(&json, json_span(value));
    else
        json_write(&json, value);
    char *copy = mem_copy(buf_span(&json));
    buf_done(&json);
    return copy;
}

static bool field_has_nul(const json_t *value)
{
    if (json_is_string(value))
        return memchr(json_string_value(value), 0, json_string_length(value)) != NULL;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            if (field_has_nul(json_array_get(value, i)))
                return true;
    } else if (json_is_object(value)) {
        /* The iterator wants a json_t that is not const, and does not change it. */
        json_t *object = (json_t *)(uintptr_t)value;
        for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at))
            if (memchr(json_object_iter_key(at), 0, json_object_iter_key_len(at)) != NULL ||
                field_has_nul(json_object_iter_value(at)))
                return true;
    }
    return false;
}

char *standin_field_text(struct standin_fields *fields, const char *name, size_t max_characters)
{
    const json_t *value = field_value(fields, name);
    if (value == NULL)
        return NULL;
    if (!json_is_string(value)) {
        standin_field_error(fields, name, "is invalid");
        return NULL;
    }
    struct span text = json_span(value);
    if (text.size == 0)
        return NULL;
    if (field_has_nul(value) || (max_characters > 0 && utf8_length(text) > max_characters)) {
        fields->broken = true;
        return NULL;
    }
    return field_json(value);
}

char *standin_field_object(struct standin_fields *fields, const char *name)
{
    const json_t *value = field_value(fields, name);
    if (value == NULL)
        return NULL;
    if (!json_is_object(value)) {
        standin_field_error(fields, name, "is invalid");
        return NULL;
    }
    if (field_has_nul(value)) {
        fields->broken = true;
        return NULL;
    }
    return field_json(value);
}

bool standin_field_bool(struct standin_fields *fields, const char *name, bool otherwise)
{
    const json_t *value = field_value(fields, name);
    if (value == NULL)
        return otherwise;
    if (!json_is_boolean(value))
        standin_field_error(fields, name, "is invalid");
    return json_is_true(value);
}

const char *standin_field_choice(struct standin_fields *fields, const char *name, const char *const *choices)
{
    const json_t *value = field_value(fields, name);
    const char *text = json_string_value(value);
    if (value == NULL || (text != NULL && text[0] == 0))
        return choices[0];
    for (size_t i = 0; text != NULL && choices[i] != NULL; i++)
        if (strcmp(choices[i], text) == 0)
            return choices[i];
    standin_field_error(fields, name, "is invalid");
    return choices[0];
}

void standin_field_time(struct standin_fields *fields, const char *name, char out[STANDIN_TIME_SIZE])
{
    const json_t *value = field_value(fields, name);
    out[0] = 0;
    if (value == NULL)
        return;
    /* Fractions of a second are dropped, as Papercups drops them; a missing Z is taken as UTC. */
    char text[21] = "";
    if (json_is_string(value) && json_string_length(value) >= STANDIN_TIME_SIZE - 1)
        memcpy(text, json_string_value(value), STANDIN_TIME_SIZE - 1);
    text[STANDIN_TIME_SIZE - 1] = 'Z';
    int64_t ms;
    if (!time_text_read((struct span){text, 20}, &ms)) {
        standin_field_error(fields, name, "is invalid");
        return;
    }
    memcpy(out, text, STANDIN_TIME_SIZE - 1);
    out[STANDIN_TIME_SIZE - 1] = 0;
}

bool standin_field_id(struct standin_fields *fields, const char *name, char out[STANDIN_ID_SIZE])
{
    const json_t *value = field_value(fields, name);
    out[0] = 0;
    if (value == NULL || (json_is_string(value) && json_string_length(value) == 0)) {
        standin_field_error(fields, name, "can't be blank");
        return false;
    }
    if (!json_is_string(value)) {
        standin_field_error(fields, name, "is invalid");
        return false;
    }
    if (!standin_id_read(json_span(value), out)) {
        out[0] = 0;
        fields->broken = true;
    }
    return true;
}
