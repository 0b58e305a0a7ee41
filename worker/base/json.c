#include "base/json.h"

#include "base/utf8.h"

/* How deep the brackets of text go, and how many values there are at most, strings aside. Wrong JSON gives numbers too; the
 * parser refuses it later. */
static size_t json_depth(struct span text, size_t *values)
{
    size_t depth = 0, deepest = 0;
    bool in_string = false;
    *values = 1;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            ++*values;
            if (++depth > deepest)
                deepest = depth;
        } else if (c == ',') {
            ++*values;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return deepest;
}

/* jansson quotes input behind these; a payload's values do not belong into logs. The last names a flag of its own. */
static void json_drop_quotes(char *text)
{
    static const char *const ends[] = {" near ", " '\\u", " without JSON_"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char *end = strstr(text, ends[i]);
        if (end != NULL)
            *end = 0;
    }
}

/* jansson passes over a 0 byte behind a number or a word; nowhere in JSON may one stand. */
static json_t *json_without_zero(json_t *value, struct span text, struct err *err)
{
    const char *zero = value == NULL ? NULL : memchr(text.data, 0, text.size);
    if (zero == NULL)
        return value;
    json_decref(value);
    err_set(err, ERR_NO, "not JSON: control character 0x0 at byte %zu", (size_t)(zero - text.data) + 1);
    return NULL;
}

static json_t *json_parse(struct span text, size_t max_depth, size_t max_values, size_t flags,
                          struct err *err)
{
    size_t values = 0;
    if (json_depth(text, &values) > max_depth) {
        err_set(err, ERR_NO, "JSON is nested deeper than %zu", max_depth);
        return NULL;
    }
    if (values > max_values) {
        err_set(err, ERR_NO, "JSON of more than %zu values", max_values);
        return NULL;
    }
    json_error_t error;
    json_t *value = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES | flags, &error);
    if (value == NULL) {
        json_drop_quotes(error.text);
        err_set(err, ERR_NO, "not JSON: %s at byte %d", error.text, error.position);
    }
    return json_without_zero(value, text, err);
}

json_t *json_read(struct span text, size_t max_depth, struct err *err)
{
    return json_parse(text, max_depth, JSON_VALUES_MAX, 0, err);
}

json_t *json_read_few(struct span text, size_t max_depth, size_t max_values, struct err *err)
{
    return json_parse(text, max_depth, max_values, 0, err);
}

json_t *json_read_loose(struct span text, size_t max_depth, struct err *err)
{
    return json_parse(text, max_depth, JSON_VALUES_MAX, JSON_DECODE_INT_AS_REAL, err);
}

struct span json_span(const json_t *value)
{
    return (struct span){json_string_value(value), json_string_length(value)};
}

struct span json_member_span(const json_t *object, const char *name)
{
    return json_span(json_object_get(object, name));
}

static int json_write_chunk(const char *data, size_t size, void *out)
{
    struct buf *buf = out;
    buf_add(buf, data, size);
    return buf->failed ? -1 : 0;
}

/* Recursion ends: whatever was read is bounded in depth. */
static bool json_has_real(const json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, name, member) if (json_has_real(member)) return true;
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, member) if (json_has_real(member)) return true;
    }
    return json_is_real(value);
}

static void json_write_flags(struct buf *out, const json_t *value, size_t flags)
{
    size_t start = out->size;
    if (json_dump_callback(value, json_write_chunk, out, flags | JSON_REAL_PRECISION(15)) != 0)
        out->failed = true; /* full, or no memory */
    if (out->failed)
        return;
    if (!json_has_real(value))
        return;
    json_t *again = json_loadb(out->data + start, out->size - start, JSON_DECODE_ANY, NULL);
    if (again == NULL || !json_equal(again, value)) {
        out->size = start;
        if (json_dump_callback(value, json_write_chunk, out, flags | JSON_REAL_PRECISION(17)) != 0)
            out->failed = true;
    }
    json_decref(again);
}

void json_write(struct buf *out, const json_t *value)
{
    if (json_is_string(value)) /* most values are one, and need none of jansson's bookkeeping */
        json_write_string(out, json_span(value));
    else
        json_write_flags(out, value, JSON_COMPACT | JSON_ENCODE_ANY);
}

void json_write_lines(struct buf *out, const json_t *value)
{
    json_write_flags(out, value, JSON_INDENT(2) | JSON_ENCODE_ANY);
}

/* Runs of bytes that stay as they are go in one piece: bodies of messages are hardly anything else. */
void json_write_string(struct buf *out, struct span s)
{
    size_t run = 0, at = 0; /* what lies between them is still to be added */
    buf_add(out, "\"", 1);
    while (at < s.size) {
        unsigned char byte = (unsigned char)s.data[at];
        if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
            at++;
            continue;
        }
        size_t start = at;
        int32_t point = utf8_next(s, &at);
        if (point >= 0x80)
            continue;
        buf_add(out, s.data + run, start - run);
        run = at;
        if (point < 0)
            buf_add_text(out, "\xef\xbf\xbd");
        else if (point < 0x20)
            buf_printf(out, "\\u%04x", (unsigned)point);
        else
            buf_printf(out, "\\%c", (int)point);
    }
    if (at > run) /* an empty string may have no address */
        buf_add(out, s.data + run, at - run);
    buf_add(out, "\"", 1);
}
