/* Whether this worker may still act for its partitions: a commit that was accepted proves that they were its own when it
 * was sent, and nobody else gets them before the session timeout. */
#ifndef ENGINE_LEASE_H
#define ENGINE_LEASE_H

#include "engine/engine.h"

bool lease_is_held(const struct engine *engine);
/* When it is over: what was decided before, and not done yet, must not be done then. MONO_NEVER: no lease is asked for. */
struct mono lease_end(const struct engine *engine);
/* A commit that was sent then is accepted. True: there was no lease, and now there is. */
bool lease_extend(struct engine *engine, struct mono sent);

#endif
