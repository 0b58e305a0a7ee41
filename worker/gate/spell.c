#include "gate/spell.h"

bool spell_begins(struct spell *spell, uint64_t count, struct mono now)
{
    if (spell->stands && mono_reached(mono_after(spell->last, SPELL_QUIET_MS), now))
        spell->stands = false;
    if (count == spell->count)
        return false;
    bool begins = !spell->stands;
    *spell = (struct spell){.count = count, .stands = true, .last = now};
    return begins;
}
