#include "event/event.h"

#include "event/signature.h"

#define LIFE_MAX_MS 60000 /* an event may expire at most this long after it was admitted */

static enum outcome event_check_partition(const struct record *record, const struct event_rules *rules,
                                          struct detail *detail)
{
    if (rules->partition_count == 0)
        return OUTCOME_NONE;
    int32_t wanted = partitioner_partition(rules->partitioner, record->key, rules->partition_count);
    if (wanted == record->partition)
        return OUTCOME_NONE;
    return detail_set(
        detail, OUTCOME_WRONG_PARTITION,
        "in partition %d, its key belongs in %d of %d; set %s in a librdkafka producer, the like elsewhere",
        (int)record->partition, (int)wanted, (int)rules->partition_count,
        partitioner_setting(rules->partitioner));
}

/* What no other keyring, and no other accounts, would change. */
static enum outcome event_check_route(const struct event *event, const struct record *record,
                                      const struct event_rules *rules, struct detail *detail)
{
    if (!payload_routes_to(&event->payload, record->key))
        return detail_set(detail, OUTCOME_WRONG_ROUTING_KEY,
                          "the record key is not <account>/e/<external_id>, <account>/c/<customer_id> or "
                          "<account>/v/<conversation_id> of this payload");
    return event_check_partition(record, rules, detail);
}

enum outcome event_check_grant(const struct keyring_entry *entry, struct span account, struct detail *detail)
{
    if (keyring_entry_grants(entry, account))
        return OUTCOME_NONE;
    return detail_set(detail, OUTCOME_ACCOUNT_NOT_GRANTED, "the keyring does not grant this account to key %.63s",
                      entry->id);
}

static enum outcome event_check_address(struct event *event, const struct record *record,
                                        const struct event_rules *rules, struct detail *detail)
{
    struct detail of_route;
    enum outcome route = event_check_route(event, record, rules, &of_route);
    enum outcome grant = event_check_grant(event->entry, event->payload.account, detail);
    event->has_route = route == OUTCOME_NONE;
    if (grant != OUTCOME_NONE)
        return grant;
    if (!rules->account_exists(rules->accounts, event->payload.account))
        return detail_set(detail, OUTCOME_ACCOUNT_NOT_GRANTED,
                          "no such account in the worker's configuration");
    if (route != OUTCOME_NONE)
        *detail = of_route;
    return route;
}

static enum outcome event_bad_signature(const struct event *event, struct detail *detail)
{
    const struct key *key = &event->entry->key;
    const char *version = key->kind == KEY_HMAC ? "v1" : "v1a";
    if (signature_is_of_kind(key, &event->envelope))
        return detail_set(detail, OUTCOME_BAD_SIGNATURE, "no %s signature is valid for this key and these bytes", version);
    return detail_set(detail, OUTCOME_BAD_SIGNATURE,
                      "the record has no %s signature, and a %s key verifies no other",
                      version, key->kind == KEY_HMAC ? "whsec_" : "whpk_");
}

enum outcome event_open(struct event *event, const struct record *record, const struct event_rules *rules,
                        struct detail *detail)
{
    *event = (struct event){0};
    detail->text[0] = 0;
    enum outcome outcome = envelope_open(record, &event->envelope, detail);
    if (outcome != OUTCOME_NONE)
        return outcome;
    event->entry = keyring_find(rules->keyring, event->envelope.key_id);
    if (event->entry == NULL)
        return detail_set(detail, OUTCOME_UNKNOWN_KEY, "no key \"%.*s\" in the keyring",
                          SPAN_ARGS(event->envelope.key_id));
    if (!signature_check(&event->entry->key, &event->envelope, record->value))
        return event_bad_signature(event, detail);
    event->authentic = true;
    outcome = payload_read(record->value, &event->payload, detail);
    if (outcome != OUTCOME_NONE)
        return outcome;
    event->has_payload = true;
    return event_check_address(event, record, rules, detail);
}

void event_done(struct event *event)
{
    if (event->has_payload)
        payload_done(&event->payload);
    *event = (struct event){0};
}

enum outcome event_judge(const struct keyring_entry *entry, int64_t signed_at_s, int64_t ttl_s,
                         int64_t admitted_at_ms, struct detail *detail)
{
    if (entry == NULL)
        return detail_set(detail, OUTCOME_KEY_NOT_ACTIVE, "the key was taken out of the keyring");
    if (entry->revoked)
        return detail_set(detail, OUTCOME_KEY_NOT_ACTIVE, "key %.63s is revoked", entry->id);
    if (admitted_at_ms < entry->not_before_ms || admitted_at_ms > entry->not_after_ms)
        return detail_set(detail, OUTCOME_KEY_NOT_ACTIVE, "admitted %s key %.63s was valid",
                          admitted_at_ms < entry->not_before_ms ? "before" : "after", entry->id);
    int64_t expires_at_ms = (signed_at_s + ttl_s) * 1000;
    if (admitted_at_ms > expires_at_ms)
        return detail_set(
            detail, OUTCOME_EXPIRED,
            "admitted %lld.%03d s after it expired: published late, or the signer's clock is behind",
            (long long)((admitted_at_ms - expires_at_ms) / 1000), (int)((admitted_at_ms - expires_at_ms) % 1000));
    if (expires_at_ms - LIFE_MAX_MS <= admitted_at_ms)
        return OUTCOME_NONE;
    uint64_t early_ms = (uint64_t)(expires_at_ms - LIFE_MAX_MS) - (uint64_t)admitted_at_ms;
    return detail_set(
        detail, OUTCOME_EXPIRES_TOO_LATE,
        "expires %llu.%03u s later than a minute after it was admitted: the signer's clock is ahead, or ttl leaves no room",
        (unsigned long long)(early_ms / 1000), (unsigned)(early_ms % 1000));
}
