/* The outside of an event: which key signed it, what it is called, when it was signed, the signatures. Nothing of the
 * value is looked at. The form is format 1: Standard Webhooks 1.0 in Kafka headers. */
#ifndef EVENT_ENVELOPE_H
#define EVENT_ENVELOPE_H

#include "event/outcome.h"
#include "event/record.h"

/* Bounds that hold before any cryptography. */
#define ENVELOPE_KEY_MAX          1024
#define ENVELOPE_HEADERS_MAX      32
#define ENVELOPE_HEADER_BYTES_MAX 8192
#define ENVELOPE_ID_MAX           128
#define NAME_MAX_SIZE             63 /* of a key id, an account, a sender */

#define HEADER_ID        "webhook-id"
#define HEADER_TIMESTAMP "webhook-timestamp"
#define HEADER_SIGNATURE "webhook-signature"
#define HEADER_KEY       "cupbearer-key"

struct envelope {
    struct span event_id;
    struct span timestamp_text; /* signed as it stands */
    int64_t timestamp_s;        /* Unix seconds */
    struct span signatures;     /* spaces between; at least one is of a version that is known */
    struct span key_id;
};

/* Spans point into the record. OUTCOME_NONE, or OUTCOME_MALFORMED_HEADERS with the detail. */
enum outcome envelope_open(const struct record *record, struct envelope *out, struct detail *detail);

/* [a-z0-9][a-z0-9_-]{0,62}: key ids and account names. */
bool name_is_valid(struct span name);
/* 1-128 of A-Z a-z 0-9 _ - : ~ */
bool event_id_is_valid(struct span id);

#endif
