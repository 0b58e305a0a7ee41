#include "base/json.h"
#include "event/payload.h"
#include "gate/door.h"
#include "gate/handlers.h"
#include "gate/sign.h"
#include "io/clock.h"

/* One call of POST /v1/send. */
struct call {
    struct gate *gate;
    const struct gate_request *request;
    struct gate_reply *reply;
};

static bool call_members_are_known(const struct call *call)
{
    static const char *const known[] = {"payload", "event_id"};
    const char *name;
    json_t *value;
    json_object_foreach(call->request->json, name, value)
    {
        size_t i = 0;
        while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i], name) != 0)
            i++;
        if (i < sizeof(known) / sizeof(known[0]))
            continue;
        gate_reply_error(call->reply, 422, NULL, name,
                         "'%.60s' is no member of this: there are payload and event_id", name);
        return false;
    }
    return true;
}

/* The event's id, SPAN_NONE where it is left out; false where it is no id. */
static bool call_event_id(const struct call *call, struct span *out)
{
    const json_t *value = json_object_get(call->request->json, "event_id");
    *out = json_span(value);
    if (value == NULL || (out->data != NULL && event_id_is_valid(*out)))
        return true;
    gate_reply_error(call->reply, 422, NULL, "event_id",
                     "event_id is 1 to 128 characters of A-Z a-z 0-9 _ - : ~; leave it out for a random one");
    return false;
}

static bool call_is_granted(const struct call *call, struct span account)
{
    const struct token *token = call->request->token;
    if (token_grants_account(token, account) && token->any_message)
        return true;
    if (!token->any_message)
        gate_reply_error(call->reply, 403, NULL, NULL,
                         "the token '%s' may only send its pre-defined messages, by name", token->name);
    else
        gate_reply_error(call->reply, 403, NULL, "account", "the token '%s' is not granted this account",
                         token->name);
    return false;
}

static void call_sign(const struct call *call, struct span event_id, struct span payload)
{
    const struct sign_request wanted = {
        .who = span_of(call->request->token->name), .event_id = event_id, .payload = payload};
    struct signed_event event;
    struct err err;
    if (sign_event(call->gate, &wanted, &event, &err) == 0) {
        door_pass(call->gate, &event.record, false, call->reply);
        signed_event_done(&event);
        return;
    }
    if (err.code == ERR_USAGE || err.code == ERR_LIMIT)
        gate_reply_error(call->reply, 422, "bad_payload", NULL, "%s", err.text);
    else
        gate_reply_error(call->reply, err.code == ERR_NO ? 501 : 503, NULL, NULL, "%s", err.text);
}

void send_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    const struct call call = {gate, request, reply};
    const json_t *payload = json_object_get(request->json, "payload");
    struct span event_id;
    if (!call_members_are_known(&call) || !call_event_id(&call, &event_id))
        return;
    if (!json_is_object(payload)) {
        gate_reply_error(reply, 422, NULL, "payload",
                         "payload is missing or no object: see \"Payload\" in the README");
        return;
    }
    if (!call_is_granted(&call, json_member_span(payload, "account")))
        return;
    int64_t wait_s = limit_take(gate->tokens_limit, span_of(request->token->name), request->token->per_minute,
                                clock_now().mono);
    if (wait_s > 0) {
        reply->retry_after_s = wait_s;
        gate_reply_error(reply, 429, NULL, NULL,
                         "the token '%s' sends too much: wait %lld s (its per_minute is %lld)",
                         request->token->name, (long long)wait_s, (long long)request->token->per_minute);
        return;
    }
    struct buf text;
    buf_init(&text, GATE_BODY_MAX);
    json_write(&text, payload);
    call_sign(&call, event_id, buf_span(&text));
    buf_done(&text);
}
