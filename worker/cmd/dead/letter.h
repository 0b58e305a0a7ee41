/* What a dead letter says of itself. Whoever may write to the topics can write any of it: it is printed escaped. */
#ifndef CMD_DEAD_LETTER_H
#define CMD_DEAD_LETTER_H

#include <jansson.h>

#include "cmd/dead/desk.h"

/* SPAN_NONE, and -1 for numbers, where it does not say. */
struct letter_facts {
    struct span event_id, key_id; /* as the record claims, signed or not */
    struct span account;          /* the payload's where that is authentic, else what its key begins with */
    const char *sender;           /* of the key whose signature is good; NULL: none is */
    struct span detail;           /* why it failed */
    int64_t failed_at_ms, signed_at_s, attempts;
};

void letter_facts(const struct desk_letter *letter, struct letter_facts *out);

/* All of it, for programs: the caller's (json_decref). Bytes that are not UTF-8 become U+FFFD. */
json_t *letter_json(const struct desk_letter *letter);
/* A string of bytes from elsewhere, null of SPAN_NONE; likewise. */
json_t *letter_text(struct span text);

#endif
