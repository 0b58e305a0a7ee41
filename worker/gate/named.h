/* Makes an event's payload from a template, a recipient, and values for the placeholders. */
#ifndef GATE_NAMED_H
#define GATE_NAMED_H

#include "gate/gate.h"
#include "template/template.h"

struct named {
    struct span account;
    const json_t *to;
    struct span message;  /* its name */
    const json_t *placeholders; /* an object of strings and numbers; NULL: none */
};

/* Appends the payload. False, and the reply says which member is no good, or that there are no messages here. */
bool named_payload(struct gate *gate, const struct named *named, struct buf *out, struct gate_reply *reply);

/* Fills a message that was read already; the same. */
bool named_fill(struct gate *gate, const struct named *named, const struct template *message, struct buf *out,
                struct gate_reply *reply);

#endif
