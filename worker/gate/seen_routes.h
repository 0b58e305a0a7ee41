/* Whether customers have seen messages, as Papercups tells it. */
#ifndef GATE_SEEN_ROUTES_H
#define GATE_SEEN_ROUTES_H

#include "gate/gate.h"

/* Borrowed. */
struct seen_question {
    struct span routing_key;
    const json_t *receipt;     /* of the event */
    const struct token *token; /* whose limit counts; NULL: nobody's */
};

/* Fills the reply: 200 with what is known, 429, 502, 503 or 504. */
void seen_tell(struct gate *gate, const struct seen_question *question, struct gate_reply *reply);

#endif
