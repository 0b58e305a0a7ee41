#include "world_audit.h"
#include "world_take.h"

#include "audit/audit.h"
#include "receipt/receipt.h"

/* Those of records that are gone are left out. */
static bool is_of_a_record(const struct fake_partition *log, const struct fake_receipt *receipt)
{
    return fake_log_stamp(log, receipt->of) >= 0 && fake_receipt_is_of(log, receipt, receipt->of);
}

static void audit_feed(struct audit *audit, const struct fake_partition *log)
{
    for (size_t i = 0; i < log->event_count; i++)
        audit_record(audit, log->events[i]);
    for (size_t i = 0; i < log->receipt_count; i++)
        if (log->generation == 0 || is_of_a_record(log, &log->receipts[i]))
            audit_receipt(audit, log->receipts[i].record);
    for (size_t i = 0; i < log->dead_count; i++)
        audit_dead_letter(audit, log->dead[i]->key, fake_log_header(log->dead[i], "cupbearer-source"),
                          fake_log_header(log->dead[i], "cupbearer-reason"));
}

/* Who is cut off (frozen, crashed, lost) may have receipts under way, and the next owner does not wait for them: two for
 * one record, or for two records of one event, of which one message was found. */
static bool is_allowed(const struct world *world, const struct deviation *one)
{
    enum deviation_kind kind = one->kind;
    if (kind == DEVIATION_RECEIPTS_DISAGREE &&
        (one->outcome == OUTCOME_DELIVERED || one->outcome == OUTCOME_UNKNOWN))
        return true; /* the next owner has corrected it: see admit */
    if (kind == DEVIATION_DELIVERED_TWICE && world->options.breaches_are_counted)
        return true;
    return world->cut_off && (kind == DEVIATION_RECEIPTS_DISAGREE || kind == DEVIATION_DELIVERED_TWICE);
}

static bool account_exists(const void *accounts, struct span name)
{
    (void)accounts;
    return span_equal(name, span_of(world_account_name(world_account_of(name))));
}

static void audit_partition(struct world *world, int32_t partition, const struct truth_rules *truth)
{
    const struct fake_partition *log = &world->log.partitions[partition];
    struct audit_rules rules = {
        .ledger = {.events_topic = FAKE_EVENTS,
                 .receipts_topic = FAKE_RECEIPTS,
                 .partition = partition,
                 .mac_key_count = 1},
        .log_end = log->end,
        .end = log->end,
        .committed = log->committed_generation == log->generation ? log->committed : -1,
        /* Receipts of a topic that was made again are older than its first record now. */
        .since_ms = log->event_count > 0 ? log->events[0]->timestamp_ms : INT64_MAX,
        .until_ms = INT64_MAX,
        .window_ms = world->options.window_ms,
        .truth = truth,
    };
    struct audit audit;
    receipt_mac_key(&world->mark_secret, rules.ledger.mac_keys[0]);
    if (world->options.other_mark_secret != NULL) {
        struct key other = world_key(world->options.other_mark_secret);
        receipt_mac_key(&other, rules.ledger.mac_keys[rules.ledger.mac_key_count++]);
        key_done(&other);
    }
    audit_init(&audit, &rules);
    audit_feed(&audit, log);
    audit_finish(&audit, INT64_MIN, INT64_MIN);
    for (size_t i = 0; i < audit.deviations.count; i++) {
        const struct deviation *one = &audit.deviations.list[i];
        struct buf text;
        buf_init(&text, 1024);
        deviation_tell(&text, one);
        if (!is_allowed(world, one))
            world_fail(world, "the audit names %d/%lld: %s", (int)partition, (long long)one->offset,
                       text.data);
        buf_done(&text);
    }
    audit_done(&audit);
}

void world_audit(struct world *world)
{
    static const unsigned char hash_key[16];
    const struct world_keyring every_key = {.has = {true, true}, .grants = {~0u, ~0u}};
    struct keyring *keyring = world_keyring_read(&every_key, hash_key);
    const struct truth_rules truth = {{.keyring = keyring, .account_exists = account_exists},
                                      !world->options.admit_by_clock};
    for (int32_t i = 0; i < world->log.count; i++)
        audit_partition(world, i, &truth);
    keyring_free(keyring);
}
