#include <stdlib.h>

#include "audit/audit.h"

/* What is judged, and what not. */
struct terms {
    int64_t committed; /* all before it is settled; -1: nothing is */
    int64_t receipts_from_ms, dead_letters_from_ms;
};

/* ---- each record for itself ---- */

static void add_of(struct audit *audit, const struct audited *audited, enum deviation_kind kind,
                   enum outcome other_outcome)
{
    deviations_add(&audit->deviations, &(struct deviation){.offset = audited->offset,
                                                           .kind = kind,
                                                           .outcome = (enum outcome)audited->outcome,
                                                           .other_outcome = other_outcome});
}

static void finish_without_receipt(struct audit *audit, const struct audited *audited,
                                   const struct terms *terms)
{
    if (audited->offset >= terms->committed) {
        audit->counts.pending++;
    } else if (audited->other_version) {
        audit->counts.other_version_only++;
    } else if (audited->timestamp_ms < terms->receipts_from_ms) {
        audit->counts.not_judged++;
    } else {
        audit->counts.without_outcome++;
        add_of(audit, audited, DEVIATION_NO_OUTCOME, (enum outcome)audited->letter);
    }
}

static void finish_record(struct audit *audit, const struct audited *audited, const struct terms *terms)
{
    enum outcome outcome = (enum outcome)audited->outcome, letter = (enum outcome)audited->letter;
    audit->counts.outcomes[outcome]++;
    if (audited->other != OUTCOME_NONE)
        add_of(audit, audited, DEVIATION_RECEIPTS_DISAGREE, (enum outcome)audited->other);
    if (audit->rules.truth != NULL && truth_denies(audit->rules.truth, (enum outcome)audited->found, outcome))
        add_of(audit, audited, DEVIATION_UNTRUTHFUL_RECEIPT, (enum outcome)audited->found);
    if (!outcome_has_dead_letter(outcome) || letter == outcome)
        return;
    if (audited->timestamp_ms < terms->dead_letters_from_ms)
        audit->counts.letters_not_judged++;
    else if (letter == OUTCOME_NONE)
        add_of(audit, audited, DEVIATION_NO_DEAD_LETTER, OUTCOME_NONE);
    else
        add_of(audit, audited, DEVIATION_OTHER_DEAD_LETTER, letter);
}

/* ---- identities ---- */

static int sighting_order(const void *a, const void *b)
{
    const struct sighting *left = a, *right = b;
    if (left->identity != right->identity)
        return left->identity < right->identity ? -1 : 1;
    if (left->admitted_at_ms != right->admitted_at_ms)
        return left->admitted_at_ms < right->admitted_at_ms ? -1 : 1;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

/* Whether `later` was delivered although it had to be a duplicate. Two receipts of one record are one delivery. */
static bool sighting_repeats(const struct sighting *earlier, const struct sighting *later)
{
    return later->in_span && later->outcome == OUTCOME_DELIVERED && later->offset != earlier->offset &&
           (int64_t)earlier->until_s * 1000 >= later->admitted_at_ms;
}

/* What it repeats stands before it, so only once all before it is settled has that its receipt for sure. */
static bool sighting_must_have_first(const struct audit *audit, const struct sighting *duplicate,
                                     const struct terms *terms)
{
    return duplicate->in_span && duplicate->offset < terms->committed &&
           duplicate->admitted_at_ms - audit->rules.window_ms >= terms->receipts_from_ms;
}

/* All receipts of one identity, in the order of admission. */
static void finish_identity(struct audit *audit, const struct sighting *first, size_t count,
                            const struct terms *terms)
{
    const struct sighting *delivered = NULL; /* the one that lasts longest */
    bool admitted = false;
    for (size_t i = 0; i < count; i++) {
        if (delivered != NULL && sighting_repeats(delivered, &first[i]))
            deviations_add(&audit->deviations, &(struct deviation){.offset = first[i].offset,
                                                                   .other = delivered->offset,
                                                                   .kind = DEVIATION_DELIVERED_TWICE,
                                                                   .outcome = OUTCOME_DELIVERED});
        if (first[i].outcome == OUTCOME_DELIVERED &&
            (delivered == NULL || delivered->until_s < first[i].until_s))
            delivered = &first[i];
        admitted = admitted || first[i].outcome != OUTCOME_DUPLICATE;
    }
    for (size_t i = 0; i < count && !admitted; i++)
        if (sighting_must_have_first(audit, &first[i], terms))
            deviations_add(&audit->deviations, &(struct deviation){.offset = first[i].offset,
                                                                   .kind = DEVIATION_DUPLICATE_OF_NOTHING,
                                                                   .outcome = OUTCOME_DUPLICATE});
}

static void finish_identities(struct audit *audit, const struct terms *terms)
{
    const struct sighting *list = audit->sightings;
    if (audit->sighting_count > 0)
        qsort(audit->sightings, audit->sighting_count, sizeof(*list), sighting_order);
    for (size_t i = 0, next; i < audit->sighting_count; i = next) {
        for (next = i + 1; next < audit->sighting_count && list[next].identity == list[i].identity;)
            next++;
        finish_identity(audit, &list[i], next - i, terms);
    }
}

/* ---- what is no longer there ---- */

static int offset_order(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static void deleted_add(struct audit *audit, int64_t from, int64_t to)
{
    if (from < to)
        deviations_add(&audit->deviations,
                       &(struct deviation){.offset = from, .other = to - 1, .kind = DEVIATION_DELETED});
}

/* Offsets from the group's to the log's beginning, but for those that have their receipt: nobody has read them. */
static void finish_deleted(struct audit *audit)
{
    const struct audit_rules *rules = &audit->rules;
    if (rules->committed < 0 || rules->begin != rules->log_begin)
        return;
    if (audit->deleted_count > 0)
        qsort(audit->deleted, audit->deleted_count, sizeof(*audit->deleted), offset_order);
    int64_t next = rules->committed;
    for (size_t i = 0; i < audit->deleted_count; i++) {
        deleted_add(audit, next, audit->deleted[i]);
        next = audit->deleted[i] + 1;
    }
    deleted_add(audit, next, rules->log_begin);
}

void audit_finish(struct audit *audit, int64_t receipts_from_ms, int64_t dead_letters_from_ms)
{
    const struct audit_rules *rules = &audit->rules;
    /* An offset that the log never had: a worker begins again at the log's beginning. */
    bool beyond = rules->committed > rules->log_end;
    const struct terms terms = {beyond ? -1 : rules->committed, receipts_from_ms, dead_letters_from_ms};
    if (beyond)
        deviations_add(&audit->deviations, &(struct deviation){.offset = rules->committed,
                                                               .other = rules->log_end,
                                                               .kind = DEVIATION_COMMITTED_BEYOND});
    audit->counts.records = audit->record_count;
    for (size_t i = 0; i < audit->record_count; i++) {
        if (audit->records[i].outcome == OUTCOME_NONE)
            finish_without_receipt(audit, &audit->records[i], &terms);
        else
            finish_record(audit, &audit->records[i], &terms);
    }
    finish_identities(audit, &terms);
    finish_deleted(audit);
    deviations_sort(&audit->deviations);
}

void audit_counts_add(struct audit_counts *sum, const struct audit_counts *counts)
{
    sum->records += counts->records;
    for (int i = 0; i < OUTCOME_COUNT; i++)
        sum->outcomes[i] += counts->outcomes[i];
    sum->pending += counts->pending;
    sum->without_outcome += counts->without_outcome;
    sum->not_judged += counts->not_judged;
    sum->letters_not_judged += counts->letters_not_judged;
    sum->repeated += counts->repeated;
    sum->foreign += counts->foreign;
    sum->other_version += counts->other_version;
    sum->other_version_only += counts->other_version_only;
    sum->read_back += counts->read_back;
    sum->not_read += counts->not_read;
    sum->unknown_absent += counts->unknown_absent;
}

void audit_reading_take(struct audit_reading *reading, int64_t offset, int64_t timestamp_ms)
{
    if (reading->first_offset >= 0)
        return;
    reading->first_offset = offset;
    reading->first_ms = timestamp_ms;
}

int64_t audit_known_from(const struct audit_reading *reading)
{
    bool from_start = reading->begin <= reading->log_begin;
    if (reading->first_offset < 0) {
        if (reading->begin < reading->log_end)
            return INT64_MAX; /* all of it was deleted meanwhile */
        return reading->log_end == 0 ? INT64_MIN : from_start ? INT64_MAX : reading->asked_ms;
    }
    if (reading->first_offset > reading->begin)
        return reading->first_ms;
    if (!from_start)
        return reading->asked_ms;
    return reading->begin == 0 ? INT64_MIN : reading->first_ms;
}
