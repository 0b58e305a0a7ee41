/* Dead letters and receipts under way for partitions that were lost meanwhile: they may be written still. */
#ifndef ENGINE_ORPHANS_H
#define ENGINE_ORPHANS_H

#include "engine/engine.h"

struct orphan {
    engine_handle handle;
    int32_t partition;
};

void orphans_add(struct engine *engine, engine_handle handle, int32_t partition);
/* It was answered; does nothing where there is no such one. */
void orphans_done(struct engine *engine, engine_handle handle);
bool orphans_has(const struct engine *engine, int32_t partition);

#endif
