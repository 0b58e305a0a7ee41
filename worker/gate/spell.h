/* What comes in spells: many at once, or none for long. It is counted, and told in the log when a spell begins only. */
#ifndef GATE_SPELL_H
#define GATE_SPELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/moment.h"

#define SPELL_QUIET_MS 600000 /* without any for so long it is over */

/* All zero: none yet. */
struct spell {
    uint64_t count;
    bool stands;
    struct mono last;
};

/* There were so many by now. Whether a spell has just begun. By one thread. */
bool spell_begins(struct spell *spell, uint64_t count, struct mono now);

#endif
