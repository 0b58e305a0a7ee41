/* Strict JSON over jansson, for bytes that come from elsewhere: UTF-8, one value, no repeated members, no U+0000, no
 * lone surrogates, and bounds on depth and number of values that are checked before anything is allocated. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* The value, owned by the caller (json_decref); NULL with err filled where it is not such JSON. The text of err holds
 * the parser's words and a position, nothing of the input but a byte that may not stand there. */
json_t *json_read(struct span text, size_t max_depth, struct err *err);
/* The same of at most `max_values` values (json_read: JSON_VALUES_MAX): each takes some 80 bytes, and may be two bytes of
 * text. */
#define JSON_VALUES_MAX 100000
json_t *json_read_few(struct span text, size_t max_depth, size_t max_values, struct err *err);

/* The same for what others have stored: numbers of any size are taken, and integers come as reals. One integer beyond 64
 * bits in somebody's metadata must not make a whole answer unreadable. */
json_t *json_read_loose(struct span text, size_t max_depth, struct err *err);

/* The bytes of a string, the value's own; SPAN_NONE for anything else, NULL included. */
struct span json_span(const json_t *value);
/* The same of the member of that name in an object. */
struct span json_member_span(const json_t *object, const char *name);

/* Appends `value` in compact form. Numbers keep their value: reals are written with 15 digits where those read back
 * as the same number, else with 17. */
void json_write(struct buf *out, const json_t *value);
/* The same for people's eyes and for git: a line for each member, indented by 2, without a line end behind the last. */
void json_write_lines(struct buf *out, const json_t *value);

/* Appends a JSON string with its quotes. `s` must be UTF-8; what is not becomes U+FFFD. */
void json_write_string(struct buf *out, struct span s);

#endif
