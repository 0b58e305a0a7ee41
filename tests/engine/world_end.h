#ifndef TESTS_ENGINE_WORLD_END_H
#define TESTS_ENGINE_WORLD_END_H

#include "world.h"

/* The promises that hold when all has come to its end; world_fail where one does not, or
 * where the options say so, they are counted. */
void world_end_check(struct world *world);

#endif
