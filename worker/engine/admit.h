/* A record becomes a job, or is settled at once. */
#ifndef ENGINE_ADMIT_H
#define ENGINE_ADMIT_H

#include "engine/engine.h"
#include "engine/partition.h"

/* INPUT_RECORD. May free the partition. */
void admit(struct engine *engine, struct partition *partition, const struct record *record);

#endif
