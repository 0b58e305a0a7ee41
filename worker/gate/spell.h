/* Something that comes in bursts: counted, and logged only when a burst begins. */
#ifndef GATE_SPELL_H
#define GATE_SPELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/moment.h"

#define SPELL_QUIET_MS 600000 /* a burst is over after this long without any */

/* All zero: none yet. */
struct spell {
    uint64_t count;
    bool stands;
    struct mono last;
};

/* `count` so far. Whether a burst has just begun. By one thread. */
bool spell_begins(struct spell *spell, uint64_t count, struct mono now);

#endif
