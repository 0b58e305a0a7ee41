/* The list of effects of the call that is going on. */
#ifndef ENGINE_EFFECTS_H
#define ENGINE_EFFECTS_H

#include "engine/engine.h"

/* Appended; valid until the next one is. `partition`: -1 for none. */
struct effect *effect_add(struct engine *engine, enum effect_type type, int32_t partition);
/* Empties it, and frees the jobs into which it pointed. */
void effects_reset(struct engine *engine);

#endif
