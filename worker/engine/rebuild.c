#include "engine/rebuild.h"

#include "engine/effects.h"
#include "engine/internal.h"

/* Only now are all of this worker's own receipts among those that will be read. */
void rebuild_begin(struct engine *engine, struct partition *partition)
{
    partition_enter(partition, PARTITION_REBUILDING, "nothing else is under way for it");
    window_fill(&partition->window);
    struct effect *effect = effect_add(engine, EFFECT_READ_RECEIPTS, partition->id);
    effect->offset = partition->receipts_from;
    effect->since = partition->receipts_since;
}

/* When the mark secret was changed, the receipts under the one before it are still our memory. */
static bool rebuild_is_ours(const struct engine *engine, const struct partition *partition,
                            const struct record *record)
{
    struct span topic = span_of(engine->options.receipts_topic);
    return receipt_has_mac(engine->mac_key, topic, partition->id, record) ||
           (engine->has_previous && receipt_has_mac(engine->previous_mac_key, topic, partition->id, record));
}

static void rebuild_window(struct engine *engine, struct partition *partition, const struct record *record,
                           const struct receipt *receipt)
{
    if (receipt->event_id.data == NULL || receipt->sender.data == NULL)
        return;
    struct identity identity =
        identity_of(&engine->identity_key, record->key, receipt->sender, receipt->event_id);
    struct wall end = {window_from_ms(receipt->admitted_at_ms, receipt->finished_at_ms) +
                       engine->options.window_ms};
    if (receipt->outcome == OUTCOME_DELIVERED)
        window_add(&partition->window, &identity, end);
    else if (window_remembers(receipt->outcome))
        window_add_failed(&partition->window, &identity, end, receipt->signed_at_s);
}

void rebuild_receipt(struct engine *engine, struct partition *partition, const struct record *record)
{
    struct receipt receipt;
    struct json_t *root = NULL;
    if (partition->state != PARTITION_REBUILDING)
        return;
    partition->rebuilt++;
    bool ours = rebuild_is_ours(engine, partition, record);
    if (!ours && receipt_is_of_other_version(record)) {
        partition->other_version++;
        partition->untouched = false;
        return;
    }
    if (!ours || (!receipt_scan(record->value, &receipt) &&
                  receipt_read(record->value, &receipt, &root, NULL) != 0)) {
        partition->foreign_receipts++;
        return;
    }
    if (span_equal(receipt.topic, span_of(engine->options.events_topic)) &&
        receipt.partition == partition->id) {
        partition->untouched = false;
        rebuild_window(engine, partition, record, &receipt);
        if (receipt.offset >= partition->offsets.low) {
            const struct receipted one = {.offset = receipt.offset,
                                          .timestamp_ms = receipt.record_timestamp_ms,
                                          .authentic = receipt.event_id.data != NULL,
                                          .outcome = receipt.outcome,
                                          .fingerprint = receipted_fingerprint(record->key, receipt.event_id,
                                                                               engine->options.hash_key)};
            receipted_add(&partition->receipted, &one);
        }
    }
    json_decref(root);
}

void rebuild_finish(struct engine *engine, struct partition *partition, int64_t receipts_end)
{
    if (partition->state != PARTITION_REBUILDING)
        return;
    receipted_sort(&partition->receipted);
    window_filled(&partition->window);
    /* A commit stands before the first delivery, so where there never was one, and no receipt either (a group's offsets
     * are forgotten after some days), nothing is in doubt. */
    if (partition->untouched)
        partition->in_doubt_end = partition->reach = partition->offsets.low;
    partition_enter(partition, PARTITION_RUNNING, "its receipts are read");
    partition->rebuilt_at = engine->now.mono;
    partition->receipts_end = receipts_end;
    struct effect *effect = effect_add(engine, EFFECT_START, partition->id);
    effect->offset = partition->offsets.low;
    effect->count = partition->foreign_receipts;
    effect->other_version = partition->other_version;
}
