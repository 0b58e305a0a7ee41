/* Reads the receipts topic, from a little before its end on, into `receipts`. */
#ifndef GATE_FOLLOWER_H
#define GATE_FOLLOWER_H

#include "gate/receipts.h"
#include "io/config.h"

struct follower;

/* Starts the thread. `partition_count`: the topic's. NULL with err; both others must outlive it. */
struct follower *follower_new(const struct config *config, int32_t partition_count, struct receipts *receipts,
                              struct err *err);
void follower_free(struct follower *follower);

#endif
