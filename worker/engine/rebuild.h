/* An assigned partition's memory, from its receipts: before its first record is read they fill the dedup window, and say which
 * offsets at or beyond the committed one have their outcome already. */
#ifndef ENGINE_REBUILD_H
#define ENGINE_REBUILD_H

#include "engine/engine.h"
#include "engine/partition.h"

void rebuild_begin(struct engine *engine, struct partition *partition);
void rebuild_receipt(struct engine *engine, struct partition *partition, const struct record *record);
void rebuild_finish(struct engine *engine, struct partition *partition, int64_t receipts_end);

#endif
