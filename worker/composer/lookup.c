#include "base/json.h"
#include "composer/composer.h"
#include "composer/customers.h"
#include "composer/refuse.h"

/* A payload that is addressed as asked and says nothing of interest: the worker's own rules for addresses. */
static bool lookup_payload(const struct gate_request *request, struct payload *out, struct gate_reply *reply)
{
    struct detail detail;
    struct buf text;
    json_t *whole = json_pack("{s:O?,s:O?,s:{s:s}}", "account", json_object_get(request->json, "account"),
                              "to", json_object_get(request->json, "to"), "message", "body", "?");
    buf_init(&text, GATE_BODY_MAX);
    json_write(&text, whole);
    json_decref(whole);
    bool good = payload_read(buf_span(&text), out, &detail) == OUTCOME_NONE;
    buf_done(&text);
    if (!good)
        composer_refuse_payload(reply, &detail);
    return good;
}

void composer_lookup(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    struct payload payload;
    struct lookup found;
    struct err err;
    if (!lookup_payload(request, &payload, reply))
        return;
    const struct config_account *account = gate_account(gate, payload.account);
    if (account == NULL)
        gate_reply_error(reply, 422, NULL, "account",
                         "no account of this name is in the gate's configuration");
    else if (lookup_ask(account, &payload, &found, &err) != 0)
        gate_reply_error(reply, 502, NULL, NULL, "%s", err.text);
    else {
        gate_reply_json(reply, 200,
                        json_pack("{s:b,s:b,s:I,s:s?,s:s?,s:s?}", "found", found.found, "creates",
                                  found.creates, "matches", (json_int_t)found.matches, "name", found.name,
                                  "email", found.email, "conversation_id",
                                  found.conversation.text[0] == 0 ? NULL : found.conversation.text));
        lookup_done(&found);
    }
    payload_done(&payload);
}
