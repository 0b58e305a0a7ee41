/* Gives memory back to the system after many requests at once: the C library keeps what lies below something in use, and what a
 * crowd has left is full of that. */
#ifndef OS_HEAP_H
#define OS_HEAP_H

#include <stdbool.h>

#include "base/moment.h"

struct heap {
    bool crowded; /* to be set when there were many */
    struct mono at;
};

/* Some seconds after that. */
void heap_turn(struct heap *heap, struct mono now);

#endif
