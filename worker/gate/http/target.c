#include "gate/http/target.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Appends `raw` decoded to `to`, of which *used bytes are taken. False where it is no encoding or holds a control character:
 * no name, id or number has one. */
static bool target_decode(struct target *target, size_t *used, struct span raw, bool query, struct span *out)
{
    char *start = target->bytes + *used;
    size_t size = 0;
    for (size_t i = 0; i < raw.size; i++) {
        int c = (unsigned char)raw.data[i];
        if (c == '%') {
            bool whole = raw.size - i > 2;
            int high = whole ? hex_digit(raw.data[i + 1]) : -1;
            int low = whole ? hex_digit(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = high * 16 + low;
            i += 2;
        } else if (c == '+' && query) {
            c = ' ';
        }
        if (c < 0x20 || c == 0x7f)
            return false;
        start[size++] = (char)c;
    }
    *used += size;
    *out = (struct span){start, size};
    return true;
}

static bool part_is_plain(struct span part)
{
    return part.size > 0 && !span_equal(part, SPAN(".")) && !span_equal(part, SPAN("..")) &&
           memchr(part.data, '/', part.size) == NULL && memchr(part.data, '\\', part.size) == NULL;
}

static bool target_read_path(struct target *out, size_t *used, struct span path)
{
    while (path.data != NULL) {
        struct span raw = span_cut(&path, '/');
        if (raw.size == 0 && path.data == NULL) {
            out->ends_with_slash = true;
            return true;
        }
        if (out->part_count == TARGET_PARTS_MAX ||
            !target_decode(out, used, raw, false, &out->parts[out->part_count]) ||
            !part_is_plain(out->parts[out->part_count]))
            return false;
        out->part_count++;
    }
    return true;
}

bool target_read(struct target *out, struct span raw)
{
    size_t used = 0;
    out->part_count = out->param_count = 0;
    out->ends_with_slash = false;
    if (raw.size > TARGET_SIZE_MAX || !span_starts(raw, SPAN("/")) || memchr(raw.data, '#', raw.size) != NULL)
        return false;
    struct span query = span_skip(raw, 1);
    struct span path = span_cut(&query, '?');
    if (!target_read_path(out, &used, path))
        return false;
    while (query.data != NULL) {
        struct span value = span_cut(&query, '&');
        struct span name = span_cut(&value, '=');
        if (name.size == 0 && value.data == NULL)
            continue;
        if (out->param_count == TARGET_PARAMS_MAX)
            return false;
        struct http_value *param = &out->params[out->param_count++];
        if (!target_decode(out, &used, name, true, &param->name) ||
            !target_decode(out, &used, value, true, &param->value))
            return false;
    }
    return true;
}

bool target_is(const struct target *target, const char *pattern)
{
    struct span rest = span_of(pattern);
    size_t i = 0;
    while (rest.data != NULL) {
        struct span part = span_cut(&rest, '/');
        if (part.size == 0 && rest.data == NULL)
            return i == target->part_count && target->ends_with_slash;
        if (i == target->part_count || (!span_equal(part, SPAN("*")) && !span_equal(part, target->parts[i])))
            return false;
        i++;
    }
    return i == target->part_count && !target->ends_with_slash;
}

struct span target_param(const struct target *target, const char *name)
{
    struct span found = SPAN_NONE;
    for (size_t i = 0; i < target->param_count; i++) {
        if (!span_equal(target->params[i].name, span_of(name)))
            continue;
        if (found.data != NULL)
            return SPAN_NONE;
        found = target->params[i].value;
    }
    return found;
}
