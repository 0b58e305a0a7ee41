#include "base/slots.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

void slots_done(struct slots *slots)
{
    free(slots->slots);
    *slots = (struct slots){0};
}

uint64_t slots_add(struct slots *slots, void *thing)
{
    assert(thing != NULL);
    uint32_t place;
    if (slots->first_free != 0) {
        place = slots->first_free - 1;
        slots->first_free = slots->slots[place].next_free;
    } else {
        if (slots->size == slots->capacity) {
            slots->capacity = slots->capacity == 0 ? 64 : slots->capacity * 2;
            slots->slots = mem_grow(slots->slots, slots->capacity, sizeof(*slots->slots));
        }
        place = slots->size++;
        slots->slots[place].generation = 0;
    }
    struct slot *slot = &slots->slots[place];
    slot->thing = thing;
    slots->count++;
    return (uint64_t)slot->generation << 32 | (place + 1);
}

static struct slot *slots_at(const struct slots *slots, uint64_t handle)
{
    uint32_t place = (uint32_t)handle;
    if (place == 0 || place > slots->size)
        return NULL;
    struct slot *slot = &slots->slots[place - 1];
    return slot->thing != NULL && slot->generation == handle >> 32 ? slot : NULL;
}

void *slots_find(const struct slots *slots, uint64_t handle)
{
    struct slot *slot = slots_at(slots, handle);
    return slot == NULL ? NULL : slot->thing;
}

void slots_remove(struct slots *slots, uint64_t handle)
{
    struct slot *slot = slots_at(slots, handle);
    assert(slot != NULL);
    slot->thing = NULL;
    slot->generation++;
    slot->next_free = slots->first_free;
    slots->first_free = (uint32_t)handle;
    slots->count--;
}
