/* Which mark secrets this worker goes on from. */
#ifndef ENGINE_SECRET_H
#define ENGINE_SECRET_H

#include "engine/engine.h"

/* Of that fingerprint: it is the present one, the previous, or given up as lost. */
bool secret_is_known(const struct engine *engine, uint64_t secret);

#endif
