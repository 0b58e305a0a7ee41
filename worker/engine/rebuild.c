#include "engine/rebuild.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/internal.h"

/* ---- offsets that have their receipt ---- */

uint64_t receipted_fingerprint(struct span key, struct span event_id, const unsigned char hash_key[16])
{
    unsigned char parts[3][crypto_shorthash_BYTES] = {{0}};
    parts[2][0] = event_id.data != NULL;
    crypto_shorthash(parts[0], (const unsigned char *)key.data, key.size, hash_key);
    if (event_id.data != NULL)
        crypto_shorthash(parts[1], (const unsigned char *)event_id.data, event_id.size, hash_key);
    uint64_t fingerprint;
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, parts[0], sizeof(parts), hash_key);
    memcpy(&fingerprint, out, sizeof(fingerprint));
    return fingerprint;
}

struct span receipted_key(const struct record *record)
{
    return record->key.size <= ENVELOPE_KEY_MAX ? record->key : SPAN_NONE;
}

void receipted_add(struct receipted_list *list, const struct receipted *one)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        list->list = mem_grow(list->list, list->capacity, sizeof(*list->list));
    }
    list->list[list->count++] = *one;
}

static int receipted_order(const void *a, const void *b)
{
    int64_t left = ((const struct receipted *)a)->offset, right = ((const struct receipted *)b)->offset;
    return left < right ? -1 : left > right;
}

void receipted_sort(struct receipted_list *list)
{
    if (list->count > 0)
        qsort(list->list, list->count, sizeof(*list->list), receipted_order);
}

void receipted_done(struct receipted_list *list)
{
    free(list->list);
    *list = (struct receipted_list){0};
}

enum outcome receipted_take(struct receipted_list *list, const struct record *record,
                            const unsigned char hash_key[16])
{
    enum outcome told = OUTCOME_NONE;
    while (list->next < list->count && list->list[list->next].offset <= record->offset) {
        const struct receipted *one = &list->list[list->next++];
        struct span event_id = one->authentic ? record_header(record, HEADER_ID) : SPAN_NONE;
        if (one->offset == record->offset && one->timestamp_ms == record->timestamp_ms &&
            one->fingerprint == receipted_fingerprint(receipted_key(record), event_id, hash_key) &&
            outcome_outweighs(one->outcome, told))
            told = one->outcome;
    }
    if (list->count > 0 && list->next == list->count)
        receipted_done(list);
    return told;
}

/* ---- receipts into a partition's memory ---- */

/* When the mark secret was changed, the receipts under the one before it are still our memory. */
static bool receipt_is_ours(const struct engine *engine, const struct partition *partition,
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
    bool ours = receipt_is_ours(engine, partition, record);
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
    partition->state = PARTITION_RUNNING;
    partition->rebuilt_at = engine->now.mono;
    partition->receipts_end = receipts_end;
    struct effect *effect = effect_add(engine, EFFECT_START, partition->id);
    effect->offset = partition->offsets.low;
    effect->count = partition->foreign_receipts;
    effect->other_version = partition->other_version;
}
