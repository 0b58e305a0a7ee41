/* Follows a published record to its receipt: the one in the same partition of the receipts topic that names the record's
 * topic, partition and offset. Without a group: nothing is committed, and any number may follow. */
#ifndef CMD_SIGN_FOLLOW_H
#define CMD_SIGN_FOLLOW_H

#include "base/buf.h"
#include "cmd/client.h"
#include "event/outcome.h"

struct follow {
    const char *receipts_topic;
    int64_t from; /* the receipts' end offset, asked for before the record was published */
    const char *topic;
    int32_t partition;
    int64_t offset;
};

/* Waits for the receipt; fills what became of the record and the receipt's detail, and appends its JSON to `json` where
 * that is not NULL. -1 with ERR_UNREACHABLE where none
 * comes within timeout_ms or the topic cannot be read. */
int follow_receipt(const struct follow *follow, const struct config *config, int64_t timeout_ms,
                   enum outcome *outcome, struct detail *detail, struct buf *json, struct err *err);

#endif
