/* One member of a payload: its value and where it stands, and the rules that members are held to. Each rule answers
 * OUTCOME_NONE or OUTCOME_BAD_PAYLOAD with "path: what is asked". An optional member that is left out, or null, passes
 * and leaves its target as it was. */
#ifndef EVENT_PAYLOAD_MEMBER_H
#define EVENT_PAYLOAD_MEMBER_H

#include <jansson.h>
#include <stdint.h>

#include "event/outcome.h"

struct payload_member {
    const struct payload_member *parent; /* NULL: the payload itself */
    const char *name;
    const json_t *value; /* NULL: left out */
};

struct member_text {
    bool required;
    size_t least, most; /* characters (code points) */
    bool visible;       /* no control, bidirectional or zero-width characters */
    bool not_blank;
};

/* The member of that name in the object `parent`; null counts as left out. */
struct payload_member member_of(const struct payload_member *parent, const char *name);
bool member_is_given(const struct payload_member *parent, const char *name);

/* A required object with no members but those of the NULL-terminated list. */
enum outcome member_object(const struct payload_member *member, const char *const known[], struct detail *detail);
enum outcome member_text(const struct payload_member *member, const struct member_text *rule, struct span *out,
                         struct detail *detail);
enum outcome member_integer(const struct payload_member *member, int64_t least, int64_t most, int64_t *out,
                            struct detail *detail);
enum outcome member_boolean(const struct payload_member *member, bool *out, struct detail *detail);
/* An object of at most 16 KiB; of a message: without the names that Papercups or cupbearer give a meaning to. */
enum outcome member_metadata(const struct payload_member *member, bool of_message, const json_t **out,
                             struct detail *detail);
/* Up to ten texts or {"text", "action"}, the actions unique; *out stays as it was for an empty list. */
enum outcome member_quick_replies(const struct payload_member *member, const json_t **out, struct detail *detail);

/* Says what is wrong with `name` in member, or with member itself where name is NULL. */
enum outcome bad_member(const struct payload_member *member, const char *name, const char *text,
                        struct detail *detail);

/* Of one quick reply: what is shown and what comes back. The action is the text where none is given. */
void quick_reply_parts(const json_t *reply, struct span *text, struct span *action);

#endif
