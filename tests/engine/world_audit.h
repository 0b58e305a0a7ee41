#ifndef TESTS_ENGINE_WORLD_AUDIT_H
#define TESTS_ENGINE_WORLD_AUDIT_H

#include "world.h"

/* `cupbearer audit`, over what the world's log holds now: world_fail where it names anything but what a worker that was
 * cut off may leave behind. */
void world_audit(struct world *world);

#endif
