/* Is it an answer to this question? A cache, or a proxy, may answer one question with the good answer to another, and a
 * Papercups that does not know a filter leaves it out. Each thing of an answer is held against what was asked before it is
 * used; what names nothing, as an empty list, cannot be. */
#ifndef PAPERCUPS_ASKED_H
#define PAPERCUPS_ASKED_H

#include "delivery/answer.h"
#include "papercups/message.h"

/* A customer, a conversation, a message or a user: what of its members counts, wherever they stand. As they stand there,
 * escaped; SPAN_NONE: null, or not said. */
struct thing {
    struct span id, account_id, status, created_at, updated_at;
    struct span customer_id, conversation_id, inbox_id, source;
    struct span external_id, host, email;
    bool has_assignee, has_messages, has_conversations;
    bool marked; /* by one of ours, in its metadata */
};

struct asked {
    const struct call *call;
    const struct question *question; /* NULL: nobody waits for it */
    bool by_mark;                    /* whoever waits knows its message's mark */
};

bool asked_lists_customers(const struct asked *asked);
bool asked_lists_conversations(const struct asked *asked);

/* Whether it is the id that the call names. */
bool asked_is_call(const struct asked *asked, struct span id);
/* Messages are not asked: those of another account may stand in a conversation. */
bool asked_is_account(const struct asked *asked, const struct thing *thing);
/* Whether a thing of a list is one that was asked for. */
bool asked_is_listed(const struct asked *asked, const struct thing *thing);
/* Whether the widget finds that row. One that it does not may be listed all the same. */
bool asked_is_found(const struct asked *asked, const struct thing *row);
/* Whether it is the row that was to be made. */
bool asked_is_made(const struct asked *asked, const struct thing *row);
/* Whether it is the message that was to be made: in that conversation, with the mark. */
bool asked_is_posted(const struct asked *asked, const struct thing *message);

#endif
