/* Handles for things to which answers will refer later: a place and a generation. A handle of something gone finds
 * nothing, even when its place is taken again. */
#ifndef BASE_SLOTS_H
#define BASE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

struct slot {
    void *thing; /* NULL: free */
    uint32_t generation;
    uint32_t next_free; /* place + 1; 0: none */
};

struct slots {
    struct slot *slots;
    uint32_t size, capacity;
    uint32_t first_free; /* place + 1; 0: none */
    size_t count;
};

void slots_done(struct slots *slots);
/* Never 0. `thing` must not be NULL. */
uint64_t slots_add(struct slots *slots, void *thing);
void *slots_find(const struct slots *slots, uint64_t handle);
/* The handle must be a live one. */
void slots_remove(struct slots *slots, uint64_t handle);

#endif
