#include "base/json.h"
#include "gate/admission.h"
#include "gate/handlers.h"
#include "gate/named.h"
#include "gate/sign.h"
#include "os/clock.h"

/* One call of POST /v1/send: either a payload, or a template's name with the recipient and the placeholders. */
struct send_call {
    struct gate *gate;
    const struct gate_request *request;
    struct gate_reply *reply;
    const json_t *payload; /* NULL: it is named */
    struct named named;
    struct span account, event_id;
};

static bool name_is_of(const char *name, const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(known[i], name) == 0)
            return true;
    return false;
}

static bool call_members_are_known(const struct send_call *call)
{
    static const char *const by_payload[] = {"payload", "event_id"};
    static const char *const by_name[] = {"account", "to", "message", "blanks", "event_id"};
    const char *name;
    json_t *value;
    json_object_foreach(call->request->json, name, value)
    {
        if (call->payload != NULL ? name_is_of(name, by_payload, 2) : name_is_of(name, by_name, 5))
            continue;
        gate_reply_error(
            call->reply, 422, NULL, name,
            call->payload != NULL
                ? "'%.60s' does not go with payload: there is only event_id beside it"
                : "'%.60s' is no member of this: there are payload, or account, to, message and blanks, "
                  "and event_id",
            name);
        return false;
    }
    return true;
}

static bool call_read_named(struct send_call *call)
{
    const json_t *json = call->request->json;
    call->named = (struct named){.account = json_member_span(json, "account"),
                                 .to = json_object_get(json, "to"),
                                 .message = json_member_span(json, "message"),
                                 .placeholders = json_object_get(json, "blanks")};
    const char *field = call->named.message.data == NULL   ? "message"
                        : call->named.account.data == NULL ? "account"
                        : !json_is_object(call->named.to)  ? "to"
                                                           : NULL;
    if (field == NULL)
        return true;
    gate_reply_error(
        call->reply, 422, NULL, field,
        "send {\"payload\": {...}}, or {\"account\": ..., \"to\": {...}, \"message\": NAME, \"blanks\": "
        "{...}}");
    return false;
}

/* The header's value is a String of RFC 9651, in quotes, which many clients leave out. No id has a backslash, so nothing in it can
 * be escaped. */
static struct span idempotency_key(struct span value)
{
    if (value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"')
        return (struct span){value.data + 1, value.size - 2};
    return value;
}

/* The body's event_id, else what the header Idempotency-Key says, else none. */
static bool call_read_id(struct send_call *call)
{
    const json_t *id = json_object_get(call->request->json, "event_id");
    bool by_header = id == NULL && gate_request_header_count(call->request, "idempotency-key") > 0;
    call->event_id =
        by_header ? idempotency_key(gate_request_header(call->request, "idempotency-key")) : json_span(id);
    if ((id == NULL && !by_header) || (call->event_id.data != NULL && event_id_is_valid(call->event_id)))
        return true;
    if (by_header)
        gate_reply_error(call->reply, 422, NULL, "Idempotency-Key",
                         "Idempotency-Key becomes the event's id: once, 1 to 128 characters of A-Z a-z 0-9 _ - : ~, such as a "
                         "UUID; leave it out for a random one");
    else
        gate_reply_error(
            call->reply, 422, NULL, "event_id",
            "event_id is 1 to 128 characters of A-Z a-z 0-9 _ - : ~; leave it out for a random one");
    return false;
}

static bool call_read(struct send_call *call)
{
    call->payload = json_object_get(call->request->json, "payload");
    if (!call_members_are_known(call) || !call_read_id(call))
        return false;
    if (call->payload == NULL && !call_read_named(call))
        return false;
    if (call->payload != NULL && !json_is_object(call->payload)) {
        gate_reply_error(call->reply, 422, NULL, "payload",
                         "payload is no object: include/README.md, \"The event\", has its form");
        return false;
    }
    call->account = call->payload != NULL ? json_member_span(call->payload, "account") : call->named.account;
    return true;
}

static bool call_is_granted(const struct send_call *call)
{
    const struct token *token = call->request->token;
    if (call->payload != NULL && !token->any_message)
        gate_reply_error(call->reply, 403, NULL, "payload",
                         "the token '%s' may only send its templates, by name", token->name);
    else if (call->payload == NULL && !token_grants_message(token, call->named.message))
        gate_reply_error(call->reply, 403, NULL, "message", "the token '%s' may not send this message",
                         token->name);
    else if (!token_grants_account(token, call->account))
        gate_reply_error(call->reply, 403, NULL, "account", "the token '%s' is not granted this account",
                         token->name);
    else
        return true;
    return false;
}

static bool call_is_in_time(const struct send_call *call)
{
    const struct token *token = call->request->token;
    int64_t wait_s =
        limit_take(call->gate->tokens_limit, span_of(token->name), token->per_minute, clock_now().mono);
    if (wait_s == 0)
        return true;
    call->reply->retry_after_s = wait_s;
    gate_reply_error(call->reply, 429, NULL, NULL,
                     "the token '%s' is over its limit: wait %lld s (its per_minute is %lld)", token->name,
                     (long long)wait_s, (long long)token->per_minute);
    return false;
}

static void call_sign(const struct send_call *call, struct span payload)
{
    const struct sign_request wanted = {.who = span_of(call->request->token->name),
                                        .message = call->named.message,
                                        .event_id = call->event_id,
                                        .payload = payload};
    struct signed_event event;
    struct err err;
    if (sign_event(call->gate, &wanted, &event, &err) == 0) {
        admission_pass(call->gate, call->request, &event.record, false, call->reply);
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
    struct send_call call = {.gate = gate, .request = request, .reply = reply};
    if (!call_read(&call) || !call_is_granted(&call) || !call_is_in_time(&call))
        return;
    struct buf payload;
    bool made = true;
    buf_init(&payload, GATE_BODY_MAX);
    if (call.payload != NULL)
        json_write(&payload, call.payload);
    else
        made = named_payload(gate, &call.named, &payload, reply);
    if (made)
        call_sign(&call, buf_span(&payload));
    buf_done(&payload);
}
