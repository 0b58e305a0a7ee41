#include "gate/admission.h"

#include "base/json.h"
#include "event/event.h"
#include "event/traceparent.h"
#include "gate/access/site.h"
#include "gate/history.h"
#include "os/clock.h"

static bool admission_account_exists(const void *context, struct span name)
{
    return gate_account(context, name) != NULL;
}

static void admission_answer_wait(struct gate_reply *reply, int64_t wait_s, const char *who, const char *setting)
{
    reply->retry_after_s = wait_s;
    gate_reply_error(reply, 429, NULL, NULL,
                     "%s is over its limit: wait %lld s ([gate] %s is the limit a minute)", who,
                     (long long)wait_s, setting);
}

bool admission_admits_address(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    int64_t wait_s = limit_take(gate->addresses, span_of(request->address), gate->config->gate.address_rate,
                                clock_now().mono);
    if (wait_s > 0)
        admission_answer_wait(reply, wait_s, "this address", "address_rate");
    return wait_s == 0;
}

/* A page may only publish for accounts that name its origin. */
static bool admission_admits_origin(struct gate *gate, const struct event *event, struct gate_reply *reply)
{
    if (reply->origin[0] == 0 || !event->has_payload)
        return true;
    const struct config_account *account = gate_account(gate, event->payload.account);
    if (account == NULL || site_origin_is_listed(span_of(reply->origin), account->origins))
        return true;
    reply->origin[0] = 0;
    gate_reply_error(reply, 403, NULL, NULL,
                     "pages of this origin may not publish for account %s: name it in [account %s] origins",
                     account->name, account->name);
    return false;
}

static bool admission_admits_event(struct gate *gate, const struct event *event, enum outcome outcome,
                              struct detail *detail, struct gate_reply *reply)
{
    if (!admission_admits_origin(gate, event, reply))
        return false;
    if (outcome == OUTCOME_NONE)
        outcome = event_judge(event->entry, event->envelope.timestamp_s, event->payload.ttl_s,
                              clock_now().wall.ms, detail);
    if (outcome != OUTCOME_NONE) {
        bool is_of_time = outcome == OUTCOME_EXPIRED || outcome == OUTCOME_EXPIRES_TOO_LATE;
        gate_reply_error(reply, 422, outcome_reason(outcome), NULL, "%s%s",
                         detail->text[0] != 0 ? detail->text : outcome_text(outcome),
                         is_of_time ? " (the gate's clock stands for the broker's)" : "");
        return false;
    }
    return true;
}

static bool admission_admits_key(struct gate *gate, const struct event *event, struct gate_reply *reply)
{
    int64_t wait_s =
        limit_take(gate->keys_limit, event->envelope.key_id, gate->config->gate.key_rate, clock_now().mono);
    if (wait_s > 0)
        admission_answer_wait(reply, wait_s, "this key", "key_rate");
    return wait_s == 0;
}

/* Whether it is admitted. The keyring is held only for this, not while Kafka is waited for. */
static bool admission_check(struct gate *gate, const struct record *record, bool limit_key,
                       struct gate_reply *reply)
{
    const struct event_rules rules = {.keyring = keys_take(gate->keys),
                                      .partitioner = gate->config->partitioner,
                                      .account_exists = admission_account_exists,
                                      .accounts = gate};
    struct event event;
    struct detail detail;
    enum outcome outcome = event_open(&event, record, &rules, &detail);
    bool admitted = admission_admits_event(gate, &event, outcome, &detail, reply) &&
                    (!limit_key || admission_admits_key(gate, &event, reply));
    event_done(&event);
    snapshot_give(gate->keys, rules.keyring);
    return admitted;
}

void admission_pass(struct gate *gate, const struct gate_request *request, const struct record *record, bool limit_key,
                    struct gate_reply *reply)
{
    int32_t partition;
    int64_t offset;
    struct err err;
    struct header headers[ENVELOPE_HEADERS_MAX];
    if (!admission_check(gate, record, limit_key, reply))
        return;
    const struct record traced = traceparent_put(record, gate_request_header(request, HEADER_TRACEPARENT), headers);
    if (publisher_send(gate->publisher, &traced, &partition, &offset, &err) == 0) {
        struct span id = record_header(record, HEADER_ID);
        if (span_equal(record_header(record, HEADER_KEY), span_of(gate->config->gate.key_id)))
            history_published(gate->history, record->key, id);
        gate_reply_json(reply, 202,
                        json_pack("{s:s%,s:s,s:i,s:I}", "event_id", id.data, id.size, "topic",
                                  gate->config->events_topic, "partition", (int)partition, "offset",
                                  (json_int_t)offset));
        return;
    }
    if (err.code == ERR_UNREACHABLE)
        reply->retry_after_s = 5;
    gate_reply_error(reply, err.code == ERR_LIMIT ? 413 : 503, NULL, NULL, "%s", err.text);
}
