#include "audit/shown.h"

bool audit_shown_wants(const struct audit *audit, int64_t offset)
{
    const struct audited *record = audit_record_at(audit, offset);
    return record != NULL && record->outcome != OUTCOME_NONE && record->outcome != OUTCOME_DUPLICATE &&
           record->outcome != OUTCOME_WRONG_PARTITION;
}

/* Whether another record of the same event accounts for the message: who failed may be sent again, and be delivered then. */
static bool shown_by_another(const struct audit *audit, const struct audited *record, uint64_t identity)
{
    size_t low = 0, high = audit->sighting_count;
    const struct sighting *list = audit->sightings;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].identity < identity)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < audit->sighting_count && list[low].identity == identity; low++)
        if (list[low].offset != record->offset &&
            (list[low].outcome == OUTCOME_DELIVERED ||
             (list[low].outcome == OUTCOME_UNKNOWN && record->outcome != OUTCOME_UNKNOWN)))
            return true;
    return false;
}

void audit_shown(struct audit *audit, int64_t offset, uint64_t identity, enum shown found)
{
    const struct audited *record = audit_record_at(audit, offset);
    if (record == NULL)
        return;
    struct deviation one = {.offset = offset, .outcome = (enum outcome)record->outcome};
    bool delivered = one.outcome == OUTCOME_DELIVERED;
    audit->counts.read_back += found != SHOWN_NOT_READ;
    audit->counts.not_read += found == SHOWN_NOT_READ;
    audit->counts.unknown_absent += found == SHOWN_ABSENT && one.outcome == OUTCOME_UNKNOWN;
    one.kind = delivered ? DEVIATION_NOT_SHOWN : DEVIATION_SHOWN;
    if (delivered ? found == SHOWN_ABSENT
                  : found == SHOWN_THERE && !shown_by_another(audit, record, identity))
        deviations_add(&audit->deviations, &one);
}

void audit_shown_end(struct audit *audit)
{
    deviations_sort(&audit->deviations);
}
