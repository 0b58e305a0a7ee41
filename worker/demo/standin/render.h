/* The stand-in's JSON: the members that Papercups was recorded to send, in its (alphabetical) order, nulls included. */
#ifndef DEMO_STANDIN_RENDER_H
#define DEMO_STANDIN_RENDER_H

#include "base/buf.h"
#include "demo/standin/store.h"

/* What goes along with a customer. */
enum {
    STANDIN_WITH_COMPANY = 1,
    STANDIN_WITH_TAGS = 2,
    STANDIN_WITH_CONVERSATIONS = 4, /* all of them, archived ones too, without messages */
    STANDIN_WITH_LATEST = 8,        /* "conversations" holds at most the one of the last activity */
    STANDIN_WITH_MESSAGES = 16,     /* those that the customer wrote */
};

void standin_render_customer(struct buf *out, const struct standin_customer *customer, unsigned with);
/* As an answer to POST and PUT. */
void standin_render_conversation(struct buf *out, const struct standin_conversation *conversation);
/* As an answer to GET: with customer and all messages. */
void standin_render_conversation_expanded(struct buf *out, const struct standin_conversation *conversation);
/* As in a list. */
void standin_render_message(struct buf *out, const struct standin_message *message);
/* As an answer to POST, and in conversations: with user and attachments. */
void standin_render_message_expanded(struct buf *out, const struct standin_message *message);

/* "a,b,c" between brackets: a comma unless `count` is 0. */
static inline void standin_render_comma(struct buf *out, size_t count)
{
    if (count > 0)
        buf_add(out, ",", 1);
}

#endif
