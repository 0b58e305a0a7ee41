/* A partition's commits: what is settled of it, how far deliveries may start, and that this worker still has it. */
#ifndef ENGINE_COMMIT_H
#define ENGINE_COMMIT_H

#include "engine/engine.h"
#include "engine/partition.h"

void commit_send(struct engine *engine, struct partition *partition);
/* INPUT_COMMITTED. Frees the partition where it was the last one. */
void commit_answered(struct engine *engine, struct partition *partition, engine_handle handle, bool ok);
struct mono commit_due(const struct engine *engine, const struct partition *partition);

#endif
