/* W3C Trace Context on a record: its header traceparent. No signature covers it, so whoever may write to the topic may have set it:
 * nothing is decided by it, and only what is exactly of the form of version 00 is taken, to be passed on as it stands. The rest is
 * ignored: no event is refused for its trace. */
#ifndef EVENT_TRACEPARENT_H
#define EVENT_TRACEPARENT_H

#include "event/envelope.h"

#define HEADER_TRACEPARENT "traceparent"
#define TRACEPARENT_SIZE   55 /* bytes of 00-TRACE_ID-PARENT_ID-FLAGS: 32, 16 and 2 digits */
#define TRACE_ID_SIZE      32

/* Whether it is one: lower-case hexadecimal digits, neither id all zeros. A later version is none: it may be longer, and would have
 * to be written anew as 00, for what it means nobody knows here. */
bool traceparent_is_valid(struct span text);

/* The record's, into which it points. SPAN_NONE where it has none, several, or none that is valid; and where it has more headers
 * than are read, of which another may be one. */
struct span traceparent_of(const struct record *record);

/* The record, which envelope_open takes, with that header where that is valid, the record has none of its name, and its bounds leave
 * room for it; else as it is. Borrows all, and the room for its headers. */
struct record traceparent_put(const struct record *record, struct span traceparent,
                              struct header headers[ENVELOPE_HEADERS_MAX]);

/* The trace id of a valid one. */
struct span traceparent_trace_id(struct span traceparent);

#endif
