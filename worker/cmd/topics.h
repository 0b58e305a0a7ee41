/* The workers' three topics, as their configuration names them. */
#ifndef CMD_TOPICS_H
#define CMD_TOPICS_H

#include "audit/ledger.h"
#include "cmd/client.h"

/* How many partitions the events have, and how many of them workers serve: the other two topics must have those at least. -1
 * with err: ERR_USAGE where they have not. */
int topics_count(struct client *client, const struct config *config, int32_t *out, int32_t *served, struct err *err);

/* What the group has committed of those partitions of the events, without being of it; -1: nothing. -1 with err. */
int topics_committed(struct client *client, const struct config *config, const int32_t *partitions, size_t count,
                     int64_t *out, struct err *err);

/* The ledger of the receipts, but for the partition: the keys are of the configuration's mark secrets, which are read for
 * it. It borrows the topics' names. -1 with err; topics_ledger_done it. */
int topics_ledger(const struct config *config, struct ledger *out, struct err *err);
void topics_ledger_done(struct ledger *ledger);

#endif
