/* What became of the records of each sending key, and how far its clock is from the one that stamped them. Only of keys of the
 * keyring, so their number is known; one has lines from its first record on, also when it is taken out of the keyring. */
#ifndef RUN_METRICS_KEYS_H
#define RUN_METRICS_KEYS_H

#include "base/buf.h"
#include "engine/engine.h"

#define METRICS_KEYS_FRESH_MS 600000 /* what was seen of a clock is told for so long */

/* All zero is none; metrics_keys_done it. */
struct metrics_keys {
    struct map by_id; /* of struct metrics_key */
};

void metrics_keys_done(struct metrics_keys *keys);

/* An outcome was acknowledged. */
void metrics_keys_settled(struct metrics_keys *keys, const struct settled *settled);
void metrics_keys_write(const struct metrics_keys *keys, struct wall now, struct buf *out);

#endif
