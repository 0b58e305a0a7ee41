#include "gate/seen_routes.h"

#include "base/json.h"
#include "event/envelope.h"
#include "gate/handlers.h"
#include "os/clock.h"

#define FULL_RETRY_S 1

static void question_told(const struct seen_question *question, const char *state, const char *seen_at, struct gate_reply *reply)
{
    json_t *answer = json_pack("{s:s}", "state", state);
    static const char *const members[] = {"event_id", "account", "outcome", "reason"};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (json_object_get(question->receipt, members[i]) != NULL)
            json_object_set(answer, members[i], json_object_get(question->receipt, members[i]));
    if (seen_at != NULL)
        json_object_set_new(answer, "seen_at", json_string(seen_at));
    gate_reply_json(reply, 200, answer);
}

static void question_told_by_papercups(const struct seen_question *question, const struct seen_told *told,
                                       struct gate_reply *reply)
{
    switch (told->state) {
    case SEEN_STATE_SEEN:
        question_told(question, "seen", told->seen_at, reply);
        break;
    case SEEN_STATE_NOT_KNOWN:
        question_told(question, "not_known", NULL, reply);
        break;
    case SEEN_STATE_ABSENT:
        question_told(question, "absent", NULL, reply);
        break;
    }
}

/* The allowance is that for sending, once more: Papercups pays for what is asked as for what is sent. */
static bool question_is_in_time(struct gate *gate, const struct token *token, struct gate_reply *reply)
{
    int64_t wait_s = token == NULL ? 0
                                   : limit_take(gate->asked_limit, span_of(token->name), token->per_minute, clock_now().mono);
    if (wait_s == 0)
        return true;
    reply->retry_after_s = wait_s;
    gate_reply_error(reply, 429, NULL, NULL,
                     "the token '%s' has asked Papercups for too much: wait %lld s (its per_minute is %lld, and counts questions by "
                     "themselves)",
                     token->name, (long long)wait_s, (long long)token->per_minute);
    return false;
}

static void question_ask(struct gate *gate, const struct seen_question *question, const struct asker_event *event,
                         struct gate_reply *reply)
{
    const struct config *config = gate->config;
    struct seen_told told;
    struct err err;
    if (asker_remembers(gate->asker, event, &told)) {
        question_told_by_papercups(question, &told, reply);
        return;
    }
    if (!question_is_in_time(gate, question->token, reply))
        return;
    switch (asker_ask(gate->asker, event, config->http_timeout_ms, &told, &err)) {
    case ASKER_TOLD:
        question_told_by_papercups(question, &told, reply);
        break;
    case ASKER_NO_ROOM:
        reply->retry_after_s = FULL_RETRY_S;
        gate_reply_error(reply, 503, NULL, NULL,
                         "%d requests wait for account %s's Papercups already, or %d for all: ask again in a moment",
                         ASKER_OF_ACCOUNT, event->account->name, ASKER_MAX);
        break;
    case ASKER_NO_TIME:
        gate_reply_error(reply, 504, NULL, NULL, "%s", err.text);
        break;
    case ASKER_NOT_READ:
        gate_reply_error(reply, 502, NULL, NULL, "%s", err.text);
        break;
    }
}

void seen_tell(struct gate *gate, const struct seen_question *question, struct gate_reply *reply)
{
    const json_t *receipt = question->receipt;
    enum outcome outcome = outcome_find(json_member_span(receipt, "outcome"), json_member_span(receipt, "reason"));
    struct asker_event event = {.account = gate_account(gate, json_member_span(receipt, "account")),
                                .routing_key = question->routing_key,
                                .sender = json_member_span(receipt, "sender"),
                                .event_id = json_member_span(receipt, "event_id"),
                                .message_id = json_member_span(receipt, "message_id")};
    /* A repetition's event has the message that was delivered before. */
    if (outcome != OUTCOME_DELIVERED && outcome != OUTCOME_DUPLICATE)
        question_told(question, "not_delivered", NULL, reply);
    else if (event.account == NULL)
        gate_reply_error(reply, 404, NULL, NULL, "no account of this name is in the gate's configuration any more");
    else
        question_ask(gate, question, &event, reply);
}

/* ---- GET /v1/events/{id}/seen ---- */

void seen_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    struct buf routing_key, text;
    const struct receipts_query query = {.event_id = request->target.parts[2],
                                         .may_see = token_sees_account,
                                         .context = request->token,
                                         .partition = -1,
                                         .offset = -1,
                                         .routing_key = &routing_key};
    if (!event_id_is_valid(query.event_id)) {
        gate_reply_error(reply, 404, NULL, NULL, "this cannot be an event's id");
        return;
    }
    buf_init(&routing_key, ENVELOPE_KEY_MAX);
    buf_init(&text, GATE_BODY_MAX);
    if (receipts_wait(gate->receipts, &query, 0, &text)) {
        json_t *receipt = json_loadb(text.data, text.size, 0, NULL);
        seen_tell(gate, &(struct seen_question){buf_span(&routing_key), receipt, request->token}, reply);
        json_decref(receipt);
    } else {
        reply->status = 204;
    }
    buf_done(&text);
    buf_done(&routing_key);
}
