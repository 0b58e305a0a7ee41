/* What the world's own files share. */
#ifndef TESTS_ENGINE_WORLD_TAKE_H
#define TESTS_ENGINE_WORLD_TAKE_H

#include "world.h"

/* One input to a worker's engine, now; its effects are performed. */
void world_take(struct world *world, int worker, const struct input *input);

#endif
