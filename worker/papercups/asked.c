#include "papercups/asked.h"

#include "base/json_scan.h"

bool asked_lists_conversations(const struct asked *asked)
{
    return asked->call->kind == CALL_LIST_CONVERSATIONS || asked->call->kind == CALL_LIST_CLOSED;
}

bool asked_lists_customers(const struct asked *asked)
{
    return asked->call->kind == CALL_FIND_CUSTOMERS || asked->call->kind == CALL_LIST_CUSTOMERS;
}

bool asked_is_call(const struct asked *asked, struct span id)
{
    return span_equal(id, span_of(asked->call->id.text));
}

/* What an answer need not say must not be another than was asked for. */
static bool is_no_other(struct span said, struct span wanted)
{
    return said.data == NULL || wanted.size == 0 || span_equal(said, wanted);
}

static bool is_as_given(struct span raw, struct span given)
{
    return raw.data == NULL || given.size == 0 || json_raw_equal(raw, given, true);
}

bool asked_is_account(const struct asked *asked, const struct thing *thing)
{
    return asked->question == NULL || is_no_other(thing->account_id, asked->question->account);
}

static bool is_customers(const struct asked *asked, const struct thing *row)
{
    const struct question *question = asked->question;
    return question == NULL || question->external_id.size == 0 ||
           (row->external_id.data != NULL && json_raw_equal(row->external_id, question->external_id, false));
}

static bool is_conversation(const struct asked *asked, const struct thing *conversation)
{
    struct span status = asked->call->kind == CALL_LIST_CLOSED ? SPAN("closed") : SPAN("open");
    return asked_is_call(asked, conversation->customer_id) && asked_is_account(asked, conversation) &&
           is_no_other(conversation->status, status) && is_no_other(conversation->source, SPAN("chat")) &&
           (asked->question == NULL || is_no_other(conversation->inbox_id, asked->question->inbox));
}

bool asked_is_listed(const struct asked *asked, const struct thing *thing)
{
    if (asked_lists_customers(asked))
        return is_customers(asked, thing);
    if (asked_lists_conversations(asked))
        return is_conversation(asked, thing);
    return is_no_other(thing->customer_id, span_of(asked->call->id.text)); /* in a customer's row */
}

/* The server reads % and _ in a question as wildcards; a row that only those let in is somebody else's. Null is found by no
 * question. */
bool asked_is_found(const struct asked *asked, const struct thing *row)
{
    const struct question *question = asked->question;
    if (question == NULL || question->host.size == 0)
        return true;
    if (row->host.data == NULL || !json_raw_equal(row->host, question->host, true))
        return false;
    if (question->some_email || question->email.size > 0)
        return row->email.size > 0 &&
               (question->some_email || json_raw_equal(row->email, question->email, true));
    return true;
}

/* What is null in it was not taken. */
bool asked_is_made(const struct asked *asked, const struct thing *row)
{
    const struct question *question = asked->question;
    return question == NULL || (is_customers(asked, row) && is_as_given(row->host, question->host) &&
                                is_as_given(row->email, question->email));
}

bool asked_is_posted(const struct asked *asked, const struct thing *message)
{
    return asked_is_call(asked, message->conversation_id) && asked_is_account(asked, message) &&
           (!asked->by_mark || message->marked);
}
