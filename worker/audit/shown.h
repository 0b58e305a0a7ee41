/* Whether what receipts say is true of what Papercups holds: each authentic record that has an outcome, but duplicates and those in
 * a wrong partition, is looked for there by its mark, and what was found is held against its receipt. It reads nothing itself. */
#ifndef AUDIT_SHOWN_H
#define AUDIT_SHOWN_H

#include "audit/audit.h"

enum shown {
    SHOWN_NOT_READ, /* nothing can be said: never called right */
    SHOWN_THERE,
    SHOWN_ABSENT, /* proven: everything was read */
};

/* Only after audit_finish. Whether the record at that offset is to be looked for. A duplicate is not: that it repeats is. Nor
 * is one in a wrong partition: where its event was delivered (cupbearer dead resend --wrong-partition), the receipts of another
 * partition say so. */
bool audit_shown_wants(const struct audit *audit, int64_t offset);

/* What was found of such a record. `identity`: ledger_identity of its event, for the message may be another record's of the
 * same event. Adds to counts and deviations. */
void audit_shown(struct audit *audit, int64_t offset, uint64_t identity, enum shown found);

/* When all are told: deviations stand by offset again. */
void audit_shown_end(struct audit *audit);

#endif
