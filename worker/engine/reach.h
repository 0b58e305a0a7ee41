/* What waited for a commit goes on: for one that moves the reach, or that renews the lease. */
#ifndef ENGINE_REACH_H
#define ENGINE_REACH_H

#include "engine/engine.h"
#include "engine/partition.h"

/* Heads of queues may begin; what had no room is refused, where there is none still. */
void reach_moved(struct engine *engine, const struct partition *partition);
/* The lease is held again: those of all partitions. */
void reach_of_all(struct engine *engine);

#endif
