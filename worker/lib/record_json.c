#include "lib/record.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "lib/error.h"

#define JSON_SIZE_MAX (8u << 20) /* a value of 1 MiB, each byte escaped */
#define VALUES_MAX    1000       /* 67 are needed */
#define DEPTH_MAX     16         /* two are needed; a payload taken for a record is told in better words */

static bool text_is_json(struct span text)
{
    size_t at = 0;
    while (at < text.size)
        if (utf8_next(text, &at) <= 0) /* U+0000: JSON could escape it, our own reader refuses it */
            return false;
    return true;
}

static bool header_is_repeated(const struct cupbearer_record *record, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (span_equal(record->headers[i].name, record->headers[index].name))
            return true;
    return false;
}

static int record_check(const struct cupbearer_record *record, struct err *err)
{
    if (!text_is_json(record->key) || !text_is_json(record->value))
        return err_set(err, ERR_USAGE,
                       "the record's key or value is not UTF-8, or holds a 0 byte: it has no JSON form");
    for (size_t i = 0; i < record->header_count; i++) {
        const struct header *header = &record->headers[i];
        if (!text_is_json(header->name) || !text_is_json(header->value))
            return err_set(err, ERR_USAGE, "header %zu is not UTF-8, or holds a 0 byte: it has no JSON form",
                           i);
        if (header_is_repeated(record, i))
            return err_set(err, ERR_USAGE, "header %zu repeats the name of another: it has no JSON form", i);
    }
    return 0;
}

static void text_write(struct buf *out, struct span text)
{
    if (text.data == NULL)
        buf_add_text(out, "null");
    else
        json_write_string(out, text);
}

int cupbearer_record_json(const struct cupbearer_record *record, char **out, size_t *size, char *error,
                          size_t error_size)
{
    struct err err;
    if (record_check(record, &err) != 0)
        return error_report(&err, error, error_size);
    struct buf json;
    buf_init(&json, SIZE_MAX / 4);
    buf_add_text(&json, "{\"key\":");
    text_write(&json, record->key);
    buf_add_text(&json, ",\"headers\":{");
    for (size_t i = 0; i < record->header_count; i++) {
        buf_add_text(&json, i == 0 ? "" : ",");
        json_write_string(&json, record->headers[i].name);
        buf_add_text(&json, ":");
        text_write(&json, record->headers[i].value);
    }
    buf_add_text(&json, "},\"value\":");
    text_write(&json, record->value);
    buf_add_text(&json, "}");
    if (json.failed) {
        buf_done(&json);
        return error_no_memory(error, error_size);
    }
    *out = json.data;
    *size = json.size;
    return CUPBEARER_OK;
}

void cupbearer_text_free(char *text)
{
    free(text);
}

/* A string, or null as SPAN_NONE; -1 for anything else. */
static int member_text(const json_t *value, const char *name, struct span *out, struct err *err)
{
    if (!json_is_string(value) && !json_is_null(value))
        return err_set(err, ERR_USAGE, "not a record: \"%.60s\" is %s; expected a string or null", name,
                       value == NULL ? "missing" : "something else");
    *out = json_span(value);
    return 0;
}

static int record_add_headers(struct cupbearer_record *record, const json_t *headers, struct err *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)headers, name, value)
    {
        struct span text;
        if (member_text(value, name, &text, err) != 0)
            return -1;
        int result = cupbearer_record_add_header(record, name, text.data, text.size);
        if (result != CUPBEARER_OK)
            return err_set(err, (enum err_code)result, "not a record: header \"%.60s\": %s", name,
                           cupbearer_strerror(result));
    }
    return 0;
}

static int record_read(const json_t *root, struct cupbearer_record **out, struct err *err)
{
    struct span key, value;
    const json_t *headers = json_object_get(root, "headers");
    if (!json_is_object(headers) || json_object_size(root) != 3)
        return err_set(
            err, ERR_USAGE,
            "not a record: expected {\"key\": \"...\", \"headers\": {...}, \"value\": \"...\"}, as "
            "`cupbearer sign` prints it");
    if (member_text(json_object_get(root, "key"), "key", &key, err) != 0 ||
        member_text(json_object_get(root, "value"), "value", &value, err) != 0)
        return -1;
    struct cupbearer_record *record = NULL;
    int result = cupbearer_record_new(key.data, key.size, value.data, value.size, &record);
    if (result != CUPBEARER_OK)
        return err_set(err, (enum err_code)result, "not a record: its key or value: %s",
                       cupbearer_strerror(result));
    if (record_add_headers(record, headers, err) != 0) {
        cupbearer_record_free(record);
        return -1;
    }
    *out = record;
    return 0;
}

int cupbearer_record_from_json(const char *json, size_t size, struct cupbearer_record **out, char *error,
                               size_t error_size)
{
    struct err err;
    if (size > JSON_SIZE_MAX) {
        err_set(&err, ERR_LIMIT, "not a record: more than 8 MiB of JSON");
        return error_report(&err, error, error_size);
    }
    json_t *root = json_read_few((struct span){json, size}, DEPTH_MAX, VALUES_MAX, &err);
    if (root == NULL) {
        struct err why = err;
        err_set(&err, ERR_USAGE, "not a record: %.400s", why.text);
        return error_report(&err, error, error_size);
    }
    int result = record_read(root, out, &err);
    json_decref(root);
    return result == 0 ? CUPBEARER_OK : error_report(&err, error, error_size);
}
