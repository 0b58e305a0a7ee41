#include "audit/audit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "engine/rebuild.h"
#include "receipt/receipt.h"

void audit_init(struct audit *audit, const struct audit_rules *rules)
{
    *audit = (struct audit){.rules = *rules};
}

void audit_done(struct audit *audit)
{
    free(audit->records);
    free(audit->sightings);
    free(audit->deleted);
    deviations_done(&audit->deviations);
    sodium_memzero(audit, sizeof(*audit));
}

/* `list` with room for one more behind `count`. */
static void *list_reserve(void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    *capacity = *capacity == 0 ? 64 : *capacity * 2;
    return mem_grow(list, *capacity, size);
}

/* ---- records ---- */

static uint32_t key_fingerprint(const struct audit *audit, const struct record *record)
{
    return (uint32_t)receipted_fingerprint(receipted_key(record), SPAN_NONE, audit->rules.hash_key);
}

void audit_record(struct audit *audit, const struct record *record)
{
    audit->records =
        list_reserve(audit->records, audit->record_count, &audit->record_capacity, sizeof(*audit->records));
    audit->records[audit->record_count++] = (struct audited){
        .offset = record->offset,
        .timestamp_ms = record->timestamp_ms,
        .fingerprint =
            receipted_fingerprint(receipted_key(record), receipted_event_id(record), audit->rules.hash_key),
        .key_fingerprint = key_fingerprint(audit, record),
    };
}

static struct audited *record_at(const struct audit *audit, int64_t offset)
{
    size_t low = 0, high = audit->record_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (audit->records[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < audit->record_count && audit->records[low].offset == offset ? &audit->records[low] : NULL;
}

/* ---- receipts ---- */

static bool receipt_is_ours(const struct audit *audit, const struct record *record)
{
    for (size_t i = 0; i < audit->rules.mac_key_count; i++)
        if (receipt_has_mac(audit->rules.mac_keys[i], span_of(audit->rules.receipts_topic),
                            audit->rules.partition, record))
            return true;
    return false;
}

static uint64_t identity_hash(const struct audit *audit, const struct record *record,
                              const struct receipt *receipt)
{
    uint64_t parts[2] = {receipted_fingerprint(record->key, receipt->event_id, audit->rules.hash_key),
                         receipted_fingerprint(receipt->sender, SPAN_NONE, audit->rules.hash_key)};
    uint64_t hash;
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, (const unsigned char *)parts, sizeof(parts), audit->rules.hash_key);
    memcpy(&hash, out, sizeof(hash));
    return hash;
}

static void sighting_add(struct audit *audit, const struct record *record, const struct receipt *receipt,
                         bool in_span)
{
    bool remembered = receipt->outcome == OUTCOME_DELIVERED ||
                      (outcome_is_failed(receipt->outcome) && receipt->outcome != OUTCOME_BACKLOG);
    if (receipt->event_id.data == NULL || receipt->sender.data == NULL ||
        (!remembered && receipt->outcome != OUTCOME_DUPLICATE))
        return;
    int64_t from_ms =
        receipt->admitted_at_ms > receipt->finished_at_ms ? receipt->admitted_at_ms : receipt->finished_at_ms;
    audit->sightings = list_reserve(audit->sightings, audit->sighting_count, &audit->sighting_capacity,
                                    sizeof(*audit->sightings));
    audit->sightings[audit->sighting_count++] = (struct sighting){
        .identity = identity_hash(audit, record, receipt),
        .offset = receipt->offset,
        .admitted_at_ms = receipt->admitted_at_ms,
        .until_s = (uint32_t)((from_ms + audit->rules.window_ms + 999) / 1000),
        .outcome = (uint8_t)receipt->outcome,
        .in_span = in_span,
    };
}

static bool receipt_means(const struct audit *audit, const struct record *record,
                          const struct receipt *receipt, const struct audited *audited)
{
    if (receipt->record_timestamp_ms != audited->timestamp_ms)
        return false;
    uint64_t fingerprint = receipted_fingerprint(record->key, receipt->event_id, audit->rules.hash_key);
    return receipt->event_id.data != NULL ? fingerprint == audited->fingerprint
                                          : (uint32_t)fingerprint == audited->key_fingerprint;
}

static void audited_add(struct audit *audit, struct audited *audited, enum outcome outcome)
{
    if (audited->outcome == OUTCOME_NONE) {
        audited->outcome = (uint8_t)outcome;
        return;
    }
    audit->counts.repeated++;
    if (audited->outcome == outcome)
        return;
    bool wins = outcome == OUTCOME_DELIVERED;
    audited->other = wins ? audited->outcome : (uint8_t)outcome;
    if (wins)
        audited->outcome = (uint8_t)outcome;
}

/* A receipt that means no record of the span: nothing is wrong with those of records that retention has deleted, or that
 * lie outside the span. Of an offset that is both in the span and in an older topic of this name, the time tells. */
static void receipt_without_record(struct audit *audit, const struct receipt *receipt, bool other_record)
{
    const struct audit_rules *rules = &audit->rules;
    int64_t begin = audit->record_count > 0 ? audit->records[0].offset : rules->end;
    if (receipt->offset >= rules->committed && receipt->offset < rules->log_begin && rules->committed >= 0) {
        audit->deleted = list_reserve(audit->deleted, audit->deleted_count, &audit->deleted_capacity,
                                      sizeof(*audit->deleted));
        audit->deleted[audit->deleted_count++] = receipt->offset;
    }
    if (receipt->offset < begin || (receipt->offset >= rules->end && receipt->offset < rules->log_end) ||
        receipt->record_timestamp_ms < rules->since_ms || receipt->record_timestamp_ms >= rules->until_ms)
        return;
    deviations_add(&audit->deviations,
                   &(struct deviation){
                       .offset = receipt->offset,
                       .kind = other_record ? DEVIATION_OTHER_RECORD : DEVIATION_NO_RECORD,
                       .outcome = receipt->outcome,
                   });
}

void audit_receipt(struct audit *audit, const struct record *record)
{
    struct receipt receipt;
    struct json_t *root = NULL;
    if (!receipt_is_ours(audit, record) || receipt_read(record->value, &receipt, &root, NULL) != 0) {
        audit->counts.foreign++;
        return;
    }
    if (span_equal(receipt.topic, span_of(audit->rules.events_topic)) &&
        receipt.partition == audit->rules.partition) {
        struct audited *audited = record_at(audit, receipt.offset);
        bool matches = audited != NULL && receipt_means(audit, record, &receipt, audited);
        sighting_add(audit, record, &receipt, matches);
        if (matches)
            audited_add(audit, audited, receipt.outcome);
        else
            receipt_without_record(audit, &receipt, audited != NULL);
    }
    json_decref(root);
}

/* ---- dead letters ---- */

/* The offset in "TOPIC/PARTITION/OFFSET", where it is this topic and partition; else -1. */
static int64_t source_offset(const struct audit *audit, struct span source)
{
    char place[300];
    int size =
        snprintf(place, sizeof(place), "%s/%d/", audit->rules.events_topic, (int)audit->rules.partition);
    struct span head = {place, size < (int)sizeof(place) ? (size_t)size : 0};
    if (head.size == 0 || !span_starts(source, head))
        return -1;
    source = span_skip(source, head.size);
    if (source.size < 1 || source.size > 18 || !span_only(source, "0123456789"))
        return -1;
    int64_t offset = 0;
    for (size_t i = 0; i < source.size; i++)
        offset = offset * 10 + (source.data[i] - '0');
    return offset;
}

static enum outcome outcome_of_reason(struct span reason)
{
    enum outcome outcome = outcome_find(SPAN("rejected"), reason);
    if (outcome == OUTCOME_NONE)
        outcome = outcome_find(SPAN("failed"), reason);
    return outcome == OUTCOME_NONE ? DEVIATION_REASON_UNKNOWN : outcome;
}

/* After a crash a record may be judged again, and otherwise: one dead letter with the right reason is enough. One without
 * a key is of a record that would not fit. */
void audit_dead_letter(struct audit *audit, struct span key, struct span source, struct span reason)
{
    struct audited *audited = record_at(audit, source_offset(audit, source));
    const struct record letter = {.key = key};
    if (audited == NULL || (key.data != NULL && key_fingerprint(audit, &letter) != audited->key_fingerprint))
        return;
    enum outcome named = outcome_of_reason(reason);
    if (audited->letter == OUTCOME_NONE || named == audited->outcome)
        audited->letter = (uint8_t)named;
}
