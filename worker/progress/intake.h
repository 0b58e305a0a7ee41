/* Which partition's record is taken next where several wait, and the memory has no room for all: that of the partition which
 * holds least of it. So one with few customers and many events leaves room for the customers of the others, who would
 * get nothing while those few, one message at a time each, use a few of the places. */
#ifndef PROGRESS_INTAKE_H
#define PROGRESS_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intake {
    int32_t partition;
    bool waits;  /* there may be a record */
    size_t held; /* bytes of its events that were taken and are not settled */
};

/* The place in the list; those that hold the same take turns, from the one behind `last` (-1: the first). -1: none waits. */
int32_t intake_next(const struct intake *list, int32_t count, int32_t last);

#endif
