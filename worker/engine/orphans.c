#include "engine/orphans.h"

#include "base/mem.h"
#include "engine/internal.h"

void orphans_add(struct engine *engine, engine_handle handle, int32_t partition)
{
    engine->orphans = mem_grow(engine->orphans, engine->orphan_count + 1, sizeof(*engine->orphans));
    engine->orphans[engine->orphan_count++] = (struct orphan){handle, partition};
}

void orphans_done(struct engine *engine, engine_handle handle)
{
    size_t i = 0;
    while (i < engine->orphan_count && engine->orphans[i].handle != handle)
        i++;
    if (i < engine->orphan_count)
        engine->orphans[i] = engine->orphans[--engine->orphan_count];
}

bool orphans_has(const struct engine *engine, int32_t partition)
{
    for (size_t i = 0; i < engine->orphan_count; i++)
        if (engine->orphans[i].partition == partition)
            return true;
    return false;
}
