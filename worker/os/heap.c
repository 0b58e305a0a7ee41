#include "os/heap.h"

#include <malloc.h>

#define CROWD_MS 5000 /* and then it is over, mostly: looking for what is free takes some milliseconds */

void heap_turn(struct heap *heap, struct mono now)
{
    if (!heap->crowded)
        return;
    if (heap->at.ms == 0)
        heap->at = mono_after(now, CROWD_MS);
    if (!mono_reached(heap->at, now))
        return;
    malloc_trim(0);
    *heap = (struct heap){0};
}
