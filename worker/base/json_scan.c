#include "base/json_scan.h"

#include <stdint.h>

void json_scan_init(struct json_scan *scan, struct span text, size_t depth_max)
{
    *scan = (struct json_scan){.at = text.data, .end = text.data + text.size, .depth_max = depth_max};
    scan->failed = text.data == NULL;
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

bool json_scan_string(struct json_scan *scan, struct span *out)
{
    if (scan_peek(scan) != '"')
        return false;
    const char *start = ++scan->at;
    bool escapes = false;
    while (scan->at < scan->end && *scan->at != '"') {
        if ((unsigned char)*scan->at < ' ')
            return scan_fail(scan);
        if (*scan->at++ != '\\')
            continue;
        escapes = true;
        if (!scan_escape(scan))
            return scan_fail(scan);
    }
    if (scan->at == scan->end)
        return scan_fail(scan);
    *out = escapes ? SPAN_NONE : (struct span){start, (size_t)(scan->at - start)};
    scan->at++;
    return true;
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
