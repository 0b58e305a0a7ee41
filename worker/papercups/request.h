/* A call as HTTP: method, path with query, JSON body. Nothing of sockets, keys or base URLs. */
#ifndef PAPERCUPS_REQUEST_H
#define PAPERCUPS_REQUEST_H

#include "delivery/answer.h"
#include "papercups/message.h"

struct request {
    const char *method;
    struct buf path;
    struct buf body; /* empty for GET */
};

/* request_done it. `inbox` may be NULL; `message` too, for what only names an id or nothing. */
void request_init(struct request *request, const struct call *call, const struct message *message,
                  const char *inbox);
void request_done(struct request *request);

/* The call's name for logs and metrics: "post_message". */
const char *call_word(enum call_kind kind);

#endif
