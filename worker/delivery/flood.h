/* Whether a customer is flooded: more than a limit of events to one conversation were admitted within a minute. By the
 * log's time, so that what has piled up in an hour without Papercups is no flood. */
#ifndef DELIVERY_FLOOD_H
#define DELIVERY_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOOD_MS 60000

struct flood {
    int64_t *admitted_ms; /* when those were admitted that went through in the last minute; a ring */
    size_t count, capacity, oldest;
};

void flood_done(struct flood *flood);
/* Lets an event through that was admitted then, or not (false): `limit` went through in the minute before. 0: no limit. */
bool flood_pass(struct flood *flood, size_t limit, int64_t admitted_ms);

#endif
