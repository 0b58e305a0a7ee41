/* Reads the receipts topic, from some way before its end on: the last of it into the gate's `receipts`, and those of what the
 * gate itself signed into its `history`. */
#ifndef GATE_FOLLOWER_H
#define GATE_FOLLOWER_H

#include "gate/gate.h"

struct follower;

/* Starts the thread. `partition_count`: the topic's. NULL with err; the gate's parts must outlive it. */
struct follower *follower_new(struct gate *gate, int32_t partition_count, struct err *err);
void follower_free(struct follower *follower);

/* How many receipts without the workers' code were read, and ignored. */
uint64_t follower_foreign(const struct follower *follower);

#endif
