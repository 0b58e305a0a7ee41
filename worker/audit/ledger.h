/* A partition's receipts as its workers wrote them: which topic they are of, and the keys under which they are written. */
#ifndef AUDIT_LEDGER_H
#define AUDIT_LEDGER_H

#include "receipt/receipt.h"

#define LEDGER_MAC_KEYS_MAX 2 /* of the mark secret, and of the one before it */

struct ledger {
    const char *events_topic, *receipts_topic;
    int32_t partition;
    unsigned char hash_key[16]; /* random */
    unsigned char mac_keys[LEDGER_MAC_KEYS_MAX][32];
    size_t mac_key_count;
};

enum ledger_entry {
    LEDGER_FOREIGN, /* no worker wrote it */
    LEDGER_OTHER,   /* of another topic or partition */
    LEDGER_OTHER_VERSION, /* this version cannot tell who wrote it */
    LEDGER_RECEIPT,
};

/* What a record of the receipts' partition is. For LEDGER_RECEIPT *out is what it says, and *root the caller's
 * (json_decref); for LEDGER_OTHER_VERSION likewise, as far as it can be read: else *root is NULL. */
enum ledger_entry ledger_read(const struct ledger *ledger, const struct record *record, struct receipt *out,
                          struct json_t **root);

/* A hash of what an event is: routing key, sender and event id. */
uint64_t ledger_identity(const struct ledger *ledger, struct span key, struct span sender, struct span event_id);

/* Until when, in Unix milliseconds, a repetition of a receipt's event meets what the workers remember of it. */
int64_t ledger_remembered_until_ms(const struct receipt *receipt, int64_t window_ms);

#endif
