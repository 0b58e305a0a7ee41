/* A random run: workers come, go and crash, answers and acknowledgements are late, lost and wrong, and in the end all
 * goes well; then every promise is looked at. The same seed gives the same run. */
#ifndef TESTS_ENGINE_CHAOS_H
#define TESTS_ENGINE_CHAOS_H

#include <stdint.h>

#include "base/buf.h"

/* False where a promise was broken: then `report` says which, and what had happened (with `verbose`, everything). */
bool chaos_run(uint64_t seed, bool verbose, struct buf *report);

#endif
