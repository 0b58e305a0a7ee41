/* What was woken goes on: heads of customers' queues begin, and an account's free places are given to who waits for one, first to
 * its glances. */
#ifndef ENGINE_PLACES_H
#define ENGINE_PLACES_H

#include "engine/engine.h"

/* All that was woken, and what that wakes. */
void places_give(struct engine *engine);

#endif
