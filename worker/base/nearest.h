/* "Did you mean …?": of the names that are offered, the one nearest to what somebody wrote. Case does not count, and
 * neither does whether words are joined by '_', '-' or '.'. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct nearest {
    struct span wanted;
    const void *thing; /* what belongs to the nearest name so far */
    size_t distance;
};

void nearest_init(struct nearest *nearest, struct span wanted);

/* Offers `name`; `thing` is remembered, not read, when it is nearer than all before. */
void nearest_offer(struct nearest *nearest, struct span name, const void *thing);

/* The thing of the nearest name, or NULL where none is near enough to be meant. */
const void *nearest_thing(const struct nearest *nearest);

/* Whether the names differ in nothing but case and joints. */
bool nearest_same(struct span a, struct span b);

#endif
