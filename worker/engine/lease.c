#include "engine/lease.h"

#include "engine/internal.h"

struct mono lease_end(const struct engine *engine)
{
    if (engine->options.lease_ms == 0)
        return MONO_NEVER;
    return engine->leased ? mono_after(engine->lease_from, engine->options.lease_ms) : engine->now.mono;
}

bool lease_is_held(const struct engine *engine)
{
    return !mono_reached(lease_end(engine), engine->now.mono);
}

bool lease_extend(struct engine *engine, struct mono sent)
{
    bool had = lease_is_held(engine);
    if (!engine->leased || sent.ms > engine->lease_from.ms)
        engine->lease_from = sent;
    engine->leased = true;
    return !had && lease_is_held(engine);
}
