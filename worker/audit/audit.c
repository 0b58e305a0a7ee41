#include "audit/audit.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "dedup/window.h"
#include "progress/receipted.h"
#include "event/envelope.h"
#include "receipt/dead_letter.h"
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
    return (uint32_t)receipted_fingerprint(receipted_key(record), SPAN_NONE, audit->rules.ledger.hash_key);
}

void audit_record(struct audit *audit, const struct record *record)
{
    audit->records =
        list_reserve(audit->records, audit->record_count, &audit->record_capacity, sizeof(*audit->records));
    audit->records[audit->record_count++] = (struct audited){
        .offset = record->offset,
        .timestamp_ms = record->timestamp_ms,
        .fingerprint = receipted_fingerprint(receipted_key(record), record_header(record, HEADER_ID),
                                             audit->rules.ledger.hash_key),
        .key_fingerprint = key_fingerprint(audit, record),
        .found = audit->rules.truth == NULL ? 0 : truth_of(record, audit->rules.truth) & 0x7f,
    };
}

static int offset_order(const void *offset, const void *record)
{
    int64_t wanted = *(const int64_t *)offset, there = ((const struct audited *)record)->offset;
    return (wanted > there) - (wanted < there);
}

struct audited *audit_record_at(const struct audit *audit, int64_t offset)
{
    return audit->record_count == 0
               ? NULL
               : bsearch(&offset, audit->records, audit->record_count, sizeof(*audit->records), offset_order);
}

/* ---- receipts ---- */

/* `outcome`: what is believed of the receipt. */
static void sighting_add(struct audit *audit, const struct record *record, const struct receipt *receipt,
                         enum outcome outcome, bool in_span)
{
    if (receipt->event_id.data == NULL || receipt->sender.data == NULL ||
        (!window_remembers(receipt->outcome) && receipt->outcome != OUTCOME_DUPLICATE))
        return;
    int64_t until_ms = ledger_remembered_until_ms(receipt, audit->rules.window_ms);
    audit->sightings = list_reserve(audit->sightings, audit->sighting_count, &audit->sighting_capacity,
                                    sizeof(*audit->sightings));
    audit->sightings[audit->sighting_count++] = (struct sighting){
        .identity = ledger_identity(&audit->rules.ledger, record->key, receipt->sender, receipt->event_id),
        .offset = receipt->offset,
        .admitted_at_ms = receipt->admitted_at_ms,
        .until_s = (uint32_t)((until_ms + 999) / 1000),
        .outcome = (uint8_t)outcome,
        .in_span = in_span,
    };
}

static bool receipt_means(const struct audit *audit, const struct record *record,
                          const struct receipt *receipt, const struct audited *audited)
{
    if (receipt->record_timestamp_ms != audited->timestamp_ms)
        return false;
    uint64_t fingerprint = receipted_fingerprint(record->key, receipt->event_id, audit->rules.ledger.hash_key);
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
    bool wins = outcome_outweighs(outcome, (enum outcome)audited->outcome);
    audited->other = wins ? audited->outcome : (uint8_t)outcome;
    if (wins)
        audited->outcome = (uint8_t)outcome;
}

/* A receipt of a record that retention has deleted before the group's offset came to it. */
static void receipt_of_deleted(struct audit *audit, int64_t offset)
{
    const struct audit_rules *rules = &audit->rules;
    if (rules->committed < 0 || offset < rules->committed || offset >= rules->log_begin)
        return;
    audit->deleted =
        list_reserve(audit->deleted, audit->deleted_count, &audit->deleted_capacity, sizeof(*audit->deleted));
    audit->deleted[audit->deleted_count++] = offset;
}

/* A receipt that means no record of the span: nothing is wrong with those of records that retention has deleted, or that
 * lie outside the span. Of an offset that is both in the span and in an older topic of this name, the time tells. */
static void receipt_without_record(struct audit *audit, const struct receipt *receipt,
                                   const struct audited *there)
{
    const struct audit_rules *rules = &audit->rules;
    int64_t begin = audit->record_count > 0 ? audit->records[0].offset : rules->end;
    receipt_of_deleted(audit, receipt->offset);
    if (receipt->offset < begin || (receipt->offset >= rules->end && receipt->offset < rules->log_end) ||
        receipt->record_timestamp_ms < rules->since_ms || receipt->record_timestamp_ms >= rules->until_ms)
        return;
    enum deviation_kind kind = there == NULL ? DEVIATION_NO_RECORD
                               : there->timestamp_ms != receipt->record_timestamp_ms
                                   ? DEVIATION_REUSED_OFFSET
                                   : DEVIATION_OTHER_RECORD;
    deviations_add(&audit->deviations, &(struct deviation){.offset = receipt->offset,
                                                           .kind = kind,
                                                           .outcome = receipt->outcome});
}

/* Nothing that it says is believed, but what it speaks of is not called lost either. */
static void receipt_of_other_version(struct audit *audit, const struct record *record,
                                     const struct receipt *receipt, struct audited *audited)
{
    sighting_add(audit, record, receipt, OUTCOME_NONE, false);
    if (audited != NULL)
        audited->other_version = true;
    else
        receipt_of_deleted(audit, receipt->offset);
}

void audit_receipt(struct audit *audit, const struct record *record)
{
    struct receipt receipt;
    struct json_t *root;
    enum ledger_entry entry = ledger_read(&audit->rules.ledger, record, &receipt, &root);
    audit->counts.foreign += entry == LEDGER_FOREIGN;
    audit->counts.other_version += entry == LEDGER_OTHER_VERSION;
    if (root == NULL)
        return;
    struct audited *audited = audit_record_at(audit, receipt.offset);
    bool matches = audited != NULL && receipt_means(audit, record, &receipt, audited);
    if (entry == LEDGER_OTHER_VERSION) {
        receipt_of_other_version(audit, record, &receipt, matches ? audited : NULL);
    } else {
        sighting_add(audit, record, &receipt, receipt.outcome, matches);
        if (matches)
            audited_add(audit, audited, receipt.outcome);
        else
            receipt_without_record(audit, &receipt, audited);
    }
    json_decref(root);
}

/* ---- dead letters ---- */

/* After a crash a record may be judged again, and otherwise: one dead letter with the right reason is enough. One without
 * a key is of a record that would not fit. */
void audit_dead_letter(struct audit *audit, struct span key, struct span source, struct span reason)
{
    int64_t offset = dead_letter_offset(source, audit->rules.ledger.events_topic, audit->rules.ledger.partition);
    struct audited *audited = audit_record_at(audit, offset);
    const struct record letter = {.key = key};
    if (audited == NULL || (key.data != NULL && key_fingerprint(audit, &letter) != audited->key_fingerprint))
        return;
    enum outcome named = dead_letter_outcome(reason);
    if (named == OUTCOME_NONE)
        named = DEVIATION_REASON_UNKNOWN;
    if (audited->letter == OUTCOME_NONE || named == audited->outcome)
        audited->letter = (uint8_t)named;
}
