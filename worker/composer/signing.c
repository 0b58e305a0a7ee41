#include "base/json.h"
#include "composer/composer.h"
#include "composer/customers.h"
#include "composer/refuse.h"
#include "gate/named.h"
#include "gate/sign.h"
#include "os/clock.h"

#define PER_MINUTE 120 /* signatures, of all who have the page open */
#define WHO        "composer"

/* One call of POST /composer/api/sign. */
struct signing {
    struct gate *gate;
    const json_t *asked;
    struct gate_reply *reply;
    struct payload payload;
    struct buf text; /* the payload's bytes, which are signed */
};

/* ---- the payload ---- */

/* What the message says, and its recipient. False with the reply filled. */
static bool signing_fill(struct signing *signing)
{
    const struct named named = {.account = json_member_span(signing->asked, "account"),
                                .to = json_object_get(signing->asked, "to"),
                                .placeholders = json_object_get(signing->asked, "blanks")};
    struct template *template = NULL;
    struct buf text;
    struct err err;
    buf_init(&text, TEMPLATE_SIZE_MAX);
    json_write(&text, json_object_get(signing->asked, "message"));
    int result = template_read(buf_span(&text), &template, &err);
    buf_done(&text);
    if (result != 0) {
        composer_refuse(signing->reply, 422, &err);
        return false;
    }
    bool filled = named_fill(signing->gate, &named, template, &signing->text, signing->reply);
    template_free(template);
    return filled;
}

static bool signing_make_payload(struct signing *signing)
{
    struct detail detail = {0};
    if (!signing_fill(signing))
        return false;
    if (payload_read(buf_span(&signing->text), &signing->payload, &detail) == OUTCOME_NONE)
        return true;
    composer_refuse_payload(signing->reply, &detail);
    return false;
}

/* ---- the recipient ---- */

/* Nobody signs for a customer who does not exist without having confirmed that: a typo must not create a stranger. */
static bool signing_check_recipient(const struct signing *signing)
{
    const struct payload *payload = &signing->payload;
    const struct config_account *account = gate_account(signing->gate, payload->account);
    struct gate_reply *reply = signing->reply;
    struct lookup found;
    struct err err;
    if (payload->address == ADDRESS_EXTERNAL_ID && json_is_true(json_object_get(signing->asked, "confirmed")))
        return true;
    if (lookup_ask(account, payload, &found, &err) != 0) {
        gate_reply_error(reply, 502, NULL, NULL, "%s", err.text);
        return false;
    }
    if (!found.found && found.creates)
        gate_reply_json(
            reply, 409,
            json_pack("{s:s,s:b}", "error",
                      "Papercups knows no customer of this id: confirm that one is to be made, or "
                      "fix the id",
                      "unknown_customer", 1));
    else if (!found.found && payload->address == ADDRESS_EXTERNAL_ID)
        gate_reply_error(
            reply, 422, NULL, "to",
            "the pages of account %s give their widget an e-mail, and %zu customers of this id have "
            "one: say the e-mail (to.customer.email), or the customer's own id (to.customer_id)",
            account->name, found.matches);
    else if (!found.found)
        gate_reply_error(
            reply, 422, NULL, "to", "Papercups has no such %s in account %s: check the id for a typo",
            payload->address == ADDRESS_CUSTOMER_ID ? "customer" : "conversation", account->name);
    bool good = found.found;
    lookup_done(&found);
    return good;
}

/* ---- for which account, with which key ---- */

static bool signing_check_key(const struct signing *signing)
{
    const char *own = signing->gate->config->gate.key_id;
    struct span asked = json_member_span(signing->asked, "key_id");
    if (gate_account(signing->gate, signing->payload.account) == NULL) {
        gate_reply_error(signing->reply, 422, NULL, "account",
                         "no account of this name is in the gate's configuration");
        return false;
    }
    if (own == NULL || !span_equal(asked, span_of(own))) {
        gate_reply_error(signing->reply, 422, NULL, "key_id",
                         "the gate has no key of this id; load the page again for those that it has");
        return false;
    }
    const struct keyring *keyring = keys_take(signing->gate->keys);
    const struct keyring_entry *entry = keyring_find(keyring, asked);
    bool granted = entry != NULL && !entry->revoked && keyring_entry_grants(entry, signing->payload.account);
    snapshot_give(signing->gate->keys, keyring);
    if (!granted)
        gate_reply_error(signing->reply, 422, NULL, "key_id",
                         "the keyring does not grant this key the account (any more): let it be added to the "
                         "accounts of \"%s\" there",
                         own);
    return granted;
}

static bool signing_check_rate(const struct signing *signing)
{
    int64_t wait_s = limit_take(signing->gate->addresses, SPAN(WHO), PER_MINUTE, clock_now().mono);
    if (wait_s == 0)
        return true;
    signing->reply->retry_after_s = wait_s;
    gate_reply_error(signing->reply, 429, NULL, NULL,
                     "more than %d messages were signed here within a minute: wait %lld s", PER_MINUTE,
                     (long long)wait_s);
    return false;
}

/* ---- signing ---- */

static void signing_answer(const struct signing *signing, const struct signed_event *event)
{
    const struct sealed *sealed = &event->sealed;
    const struct payload *payload = &signing->payload;
    int64_t now_ms = clock_now().wall.ms, signed_at_s = 0;
    span_number(span_of(sealed->timestamp), 11, &signed_at_s);
    json_t *headers = json_object();
    for (size_t i = 0; i < event->record.header_count; i++)
        json_object_set_new(headers, event->headers[i].name.data,
                            json_stringn(event->headers[i].value.data, event->headers[i].value.size));
    json_t *record =
        json_pack("{s:s%,s:o,s:s%}", "key", event->record.key.data, event->record.key.size, "headers",
                  headers, "value", event->record.value.data, event->record.value.size);
    gate_reply_json(signing->reply, 200,
                    json_pack("{s:o,s:s,s:I,s:I,s:O}", "record", record, "event_id", sealed->event_id,
                              "expires_at_ms", (json_int_t)((signed_at_s + payload->ttl_s) * 1000), "now_ms",
                              (json_int_t)now_ms, "payload", payload->root));
}

static void signing_sign(const struct signing *signing)
{
    struct span name = json_member_span(signing->asked, "name");
    const struct sign_request wanted = {
        .who = SPAN(WHO),
        .message = template_name_is_valid(name) ? name : SPAN_NONE,
        .payload = buf_span(&signing->text),
    };
    struct signed_event event;
    struct err err;
    if (sign_event(signing->gate, &wanted, &event, &err) == 0) {
        signing_answer(signing, &event);
        signed_event_done(&event);
    } else if (err.code == ERR_USAGE || err.code == ERR_LIMIT) {
        composer_refuse(signing->reply, 422, &err);
    } else {
        gate_reply_error(signing->reply, 503, NULL, NULL, "%s", err.text);
    }
}

void composer_sign(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    struct signing signing = {.gate = gate, .asked = request->json, .reply = reply};
    buf_init(&signing.text, PAYLOAD_SIZE_MAX);
    if (signing_make_payload(&signing)) {
        if (signing_check_key(&signing) && signing_check_recipient(&signing) && signing_check_rate(&signing))
            signing_sign(&signing);
        payload_done(&signing.payload);
    }
    buf_done(&signing.text);
}
