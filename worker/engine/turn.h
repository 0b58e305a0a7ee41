/* What is due for a partition when an input was taken: its commit, a check of its log, a pause, the end of its draining. */
#ifndef ENGINE_TURN_H
#define ENGINE_TURN_H

#include "engine/engine.h"
#include "engine/partition.h"

void turn_partition(struct engine *engine, struct partition *partition);
/* When its next turn is due; MONO_NEVER. */
struct mono turn_deadline(const struct engine *engine, const struct partition *partition);

#endif
