#include "base/json_scan.h"

#include <stdint.h>

void json_scan_init(struct json_scan *scan, struct span text, size_t depth_max)
{
    *scan = (struct json_scan){.at = text.data, .end = text.data, .depth_max = depth_max};
    scan->failed = text.data == NULL;
    if (!scan->failed)
        scan->end += text.size;
}

/* The next byte that is no white space; 0 at the end, or where nothing is read any more. */
static char scan_peek(struct json_scan *scan)
{
    if (scan->failed)
        return 0;
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
    return scan->at < scan->end ? *scan->at : 0;
}

static bool scan_fail(struct json_scan *scan)
{
    scan->failed = true;
    return false;
}

static bool scan_enter(struct json_scan *scan, char bracket)
{
    if (scan_peek(scan) != bracket)
        return false;
    if (scan->depth == scan->depth_max)
        return scan_fail(scan);
    scan->at++;
    scan->depth++;
    scan->first = true;
    return true;
}

bool json_scan_object(struct json_scan *scan)
{
    return scan_enter(scan, '{');
}

bool json_scan_array(struct json_scan *scan)
{
    return scan_enter(scan, '[');
}

/* Over the comma to the next value; false behind the closing bracket. */
static bool scan_next(struct json_scan *scan, char bracket)
{
    char next = scan_peek(scan);
    if (next == 0)
        return scan_fail(scan);
    if (next == bracket) {
        scan->at++;
        scan->depth--;
        scan->first = false;
        return false;
    }
    if (!scan->first) {
        if (next != ',')
            return scan_fail(scan);
        scan->at++;
    }
    scan->first = false;
    return true;
}

bool json_scan_member(struct json_scan *scan, struct span *name)
{
    if (!scan_next(scan, '}'))
        return false;
    if (!json_scan_string(scan, name) || scan_peek(scan) != ':')
        return scan_fail(scan);
    scan->at++;
    return true;
}

bool json_scan_item(struct json_scan *scan)
{
    return scan_next(scan, ']');
}

static bool scan_one_of(struct json_scan *scan, const char *bytes)
{
    if (scan->at == scan->end || *scan->at == 0 || strchr(bytes, *scan->at) == NULL)
        return false;
    scan->at++;
    return true;
}

/* One escape sequence, the backslash read. */
static bool scan_escape(struct json_scan *scan)
{
    if (!scan_one_of(scan, "u"))
        return scan_one_of(scan, "\"\\/bfnrt");
    for (int digits = 0; digits < 4; digits++)
        if (!scan_one_of(scan, "0123456789abcdefABCDEF"))
            return false;
    return true;
}

bool json_scan_raw(struct json_scan *scan, struct span *out)
{
    if (scan_peek(scan) != '"')
        return false;
    const char *start = ++scan->at;
    while (scan->at < scan->end && *scan->at != '"') {
        if ((unsigned char)*scan->at < ' ')
            return scan_fail(scan);
        if (*scan->at++ == '\\' && !scan_escape(scan))
            return scan_fail(scan);
    }
    if (scan->at == scan->end)
        return scan_fail(scan);
    *out = (struct span){start, (size_t)(scan->at - start)};
    scan->at++;
    return true;
}

bool json_scan_string(struct json_scan *scan, struct span *out)
{
    if (!json_scan_raw(scan, out))
        return false;
    if (memchr(out->data, '\\', out->size) != NULL)
        *out = SPAN_NONE;
    return true;
}

/* ---- what a raw string says ---- */

/* The four digits behind \u. */
static unsigned long raw_unit(const char *digits)
{
    unsigned long unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = digits[i];
        unit = unit << 4 | (unsigned long)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return unit;
}

static size_t utf8_put(unsigned long point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)((0xf00 >> size & 0xff) | point);
    return size;
}

/* Takes the character before which *raw stands: its bytes, how many. A surrogate without its other half is no character
 * of any text: three bytes that are not UTF-8. */
static size_t raw_take(struct span *raw, char out[4])
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *at = raw->data;
    if (at[0] != '\\' || at[1] != 'u') {
        out[0] = at[0] == '\\' ? values[strchr(names, at[1]) - names] : at[0];
        *raw = span_skip(*raw, at[0] == '\\' ? 2 : 1);
        return 1;
    }
    unsigned long point = raw_unit(at + 2);
    *raw = span_skip(*raw, 6);
    if (point >= 0xd800 && point < 0xdc00 && span_starts(*raw, SPAN("\\u"))) {
        unsigned long low = raw_unit(raw->data + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
            *raw = span_skip(*raw, 6);
        }
    }
    return utf8_put(point, out);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

bool json_raw_equal(struct span raw, struct span text, bool any_case)
{
    while (raw.size > 0) {
        char bytes[4];
        size_t size = raw_take(&raw, bytes);
        if (size > text.size)
            return false;
        for (size_t i = 0; i < size; i++)
            if (bytes[i] != text.data[i] && (!any_case || lower(bytes[i]) != lower(text.data[i])))
                return false;
        text = span_skip(text, size);
    }
    return text.size == 0;
}

static size_t scan_digits(struct json_scan *scan)
{
    const char *start = scan->at;
    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    return (size_t)(scan->at - start);
}

/* A number without its sign, which must begin right here. */
static bool scan_number(struct json_scan *scan, size_t *out)
{
    const char *start = scan->at;
    size_t count = 0, digits = scan->failed ? 0 : scan_digits(scan);
    if (digits == 0)
        return false;
    for (size_t i = 0; i < digits; i++)
        count = count > SIZE_MAX / 10 - 1 ? SIZE_MAX : count * 10 + (size_t)(start[i] - '0');
    if ((digits > 1 && *start == '0') || (scan_one_of(scan, ".") && scan_digits(scan) == 0))
        return scan_fail(scan);
    if (scan_one_of(scan, "eE")) {
        count = SIZE_MAX;
        scan_one_of(scan, "+-");
        if (scan_digits(scan) == 0)
            return scan_fail(scan);
    }
    *out = count;
    return true;
}

bool json_scan_count(struct json_scan *scan, size_t *out)
{
    scan_peek(scan);
    return scan_number(scan, out);
}

static bool scan_word(struct json_scan *scan, const char *word)
{
    size_t size = strlen(word);
    if (scan->failed || (size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
        return false;
    scan->at += size;
    return true;
}

bool json_scan_null(struct json_scan *scan)
{
    scan_peek(scan);
    return scan_word(scan, "null");
}

/* Recursion ends: depth_max. */
void json_scan_skip(struct json_scan *scan)
{
    struct span ignored;
    size_t count;
    if (json_scan_object(scan)) {
        while (json_scan_member(scan, &ignored))
            json_scan_skip(scan);
    } else if (json_scan_array(scan)) {
        while (json_scan_item(scan))
            json_scan_skip(scan);
    } else if (!json_scan_string(scan, &ignored) && !json_scan_null(scan) && !scan_word(scan, "true") &&
               !scan_word(scan, "false")) {
        scan_word(scan, "-");
        if (!scan_number(scan, &count))
            scan->failed = true;
    }
}

bool json_scan_is_done(struct json_scan *scan)
{
    return scan_peek(scan) == 0 && !scan->failed && scan->at == scan->end && scan->depth == 0;
}
