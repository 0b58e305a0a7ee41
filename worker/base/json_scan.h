/* Reads JSON on the way through it: nothing is kept, so that an answer of megabytes costs no more memory than its text,
 * and a small one no allocation. For bytes of which only a few members count; json.h builds trees, strictly.
 *
 * A cursor stands before a value; exactly one of the functions that take a value must take it. Whatever is not JSON, or
 * is nested too deep, sets `failed`, and from then on every function answers false. Repeated members and
 * bytes that are not UTF-8 are not noticed. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/span.h"

struct json_scan {
    const char *at, *end;
    size_t depth, depth_max;
    bool first; /* in an object or array of which nothing was read yet */
    bool failed;
};

/* The text must outlive the cursor; the spans that come out point into it. */
void json_scan_init(struct json_scan *scan, struct span text, size_t depth_max);

/* Enters the value if it is an object or an array; false, and nothing is taken, if it is something else. To be followed
 * by json_scan_member or json_scan_item until that is false. */
bool json_scan_object(struct json_scan *scan);
bool json_scan_array(struct json_scan *scan);

/* Moves before the next member's value; false: the object is behind us. A name with escapes in it is SPAN_NONE. */
bool json_scan_member(struct json_scan *scan, struct span *name);
bool json_scan_item(struct json_scan *scan);

/* Takes the value if it is a string, its escapes as they stand; else false, and nothing is taken. */
bool json_scan_raw(struct json_scan *scan, struct span *out);
/* Whether such a raw string says that text; `any_case`: in any case of ASCII letters. */
bool json_raw_equal(struct span raw, struct span text, bool any_case);

/* Take the value if it is a string (SPAN_NONE if it has escapes), a number from 0 (without what is behind its point;
 * SIZE_MAX where that is too small) or null; else false, and nothing is taken. */
bool json_scan_string(struct json_scan *scan, struct span *out);
bool json_scan_count(struct json_scan *scan, size_t *out);
bool json_scan_null(struct json_scan *scan);

/* Takes the value, whatever it is. */
void json_scan_skip(struct json_scan *scan);

/* The one value was taken, and nothing is behind it. */
bool json_scan_is_done(struct json_scan *scan);

#endif
