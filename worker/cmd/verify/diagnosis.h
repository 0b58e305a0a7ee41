/* Why a signature is bad: tries what people commonly do differently (another serialisation of the JSON, a line end more
 * or less, milliseconds, another key, hex, the secret as text) and says which of it the signature is good for. */
#ifndef CMD_VERIFY_DIAGNOSIS_H
#define CMD_VERIFY_DIAGNOSIS_H

#include "base/buf.h"
#include "event/envelope.h"
#include "event/keyring.h"

struct diagnosis_question {
    const struct record *record;
    const struct envelope *envelope;
    const struct keyring *keyring;
    const struct keyring_entry *entry; /* the one that cupbearer-key names, or NULL */
};

/* Appends a sentence for a record whose envelope is well formed and whose signature is not good; false, and nothing
 * appended, where no diagnosis explains it. */
bool diagnosis_of_signature(const struct diagnosis_question *question, struct buf *out);

/* The same for any record; false also for one whose signature is good. */
bool diagnosis_of_record(const struct record *record, const struct keyring *keyring, struct buf *out);

/* The same for a record whose headers are malformed. */
bool diagnosis_of_headers(const struct record *record, struct buf *out);

#endif
