#ifndef TESTS_ENGINE_CHAOS_CHECK_H
#define TESTS_ENGINE_CHAOS_CHECK_H

#include "world.h"

/* The promises that hold when all has come to its end; world_fail where one does not. */
void chaos_check(struct world *world);

#endif
