/* A record's outcome, as bytes: the receipt (key: the record's; value: JSON; a MAC in a header) and the dead letter
 * (the record as it was, plus headers). The receipts topic is the workers' memory, hence the MAC. */
#ifndef RECEIPT_RECEIPT_H
#define RECEIPT_RECEIPT_H

#include "base/buf.h"
#include "base/err.h"
#include "event/key.h"
#include "event/outcome.h"
#include "event/record.h"

#define RECEIPT_SIZE_MAX 16384
#define RECEIPT_MAC      "cupbearer-mac" /* header: base64 of a keyed BLAKE2b-256 (RFC 7693), and nothing else: version 1 */
#define RECEIPT_MAC_TEXT 45              /* with the 0 */

/* Spans are borrowed; SPAN_NONE for what is not known of an unauthentic record. Times are Unix milliseconds. */
struct receipt {
    enum outcome outcome;
    struct span event_id, sender, account, detail;
    struct span topic; /* the record's place */
    int32_t partition;
    int64_t offset;
    int64_t record_timestamp_ms, admitted_at_ms, finished_at_ms;
    int64_t signed_at_s; /* webhook-timestamp; 0: not known */
    unsigned attempts;
    size_t customer_matches;                              /* written when more than one */
    struct span traceparent;                              /* of the record, also where nothing else is known of it */
    struct span conversation_id, customer_id, message_id; /* only where the configuration asks for them */
};

void receipt_write(struct buf *out, const struct receipt *receipt);

/* A receipt that was read; the spans point into *root, which is the caller's (json_decref). -1 where it is not one. */
struct json_t;
int receipt_read(struct span json, struct receipt *out, struct json_t **root, struct err *err);
/* The same without a tree, so much faster; the spans point into json. Only for what receipt_write wrote, which a MAC proves:
 * it is not strict. False where it cannot tell (an escape in a text, a negative number): receipt_read can. */
bool receipt_scan(struct span json, struct receipt *out);

/* The key of the MACs, from the mark secret: 32 bytes. */
void receipt_mac_key(const struct key *mark_secret, unsigned char out[32]);
/* Over the receipts' topic, its partition, key and value, each with its length before it. Terminated base64. BLAKE2b and not
 * HMAC-SHA256, which takes four times as long: a worker that is assigned a partition may have a million to check first. */
void receipt_mac(const unsigned char mac_key[32], struct span topic, int32_t partition, struct span key,
                 struct span value, char out[RECEIPT_MAC_TEXT]);
/* Whether a record of that partition of the receipts' topic has the code in its header. */
bool receipt_has_mac(const unsigned char mac_key[32], struct span topic, int32_t partition,
                     const struct record *record);
/* Whether the code is of another version: a later one's begins with it, "v2,". It proves nothing to this version, and is no sign
 * of a stranger either. Version 1, which has no such word, stays good for ever; a version that changes the code writes both,
 * version 1 in the header that is looked at, until no worker is left that knows no other. */
bool receipt_is_of_other_version(const struct record *record);

#endif
