/* Notices a partition that has something to do and gets nowhere, says why, and keeps saying so. */
#ifndef RUN_WATCHDOG_H
#define RUN_WATCHDOG_H

#include "engine/engine.h"
#include "kafka/consumer.h"

#define WATCHDOG_EVERY_MS   5000
#define WATCHDOG_STALLED_MS 20000 /* so long without a settled record is told; at most 5 s later */

struct watchdog {
    struct watched *list; /* by partition */
    int32_t count;
    struct mono next;
};

void watchdog_init(struct watchdog *watchdog, int32_t partition_count);
void watchdog_done(struct watchdog *watchdog);

/* Looks, where it is time, and says whether it was: `consumer` knows how much was not read yet, and which partitions have not come
 * so far, as `inquiry` does, `engine` what is not settled. */
bool watchdog_turn(struct watchdog *watchdog, const struct consumer *consumer, struct inquiry *inquiry,
                   const struct engine *engine, struct mono now);
/* How a partition stands; false where it is not ours. `why` is for what is not the engine's to say. */
bool watchdog_status(const struct consumer *consumer, struct inquiry *inquiry, const struct engine *engine,
                       int32_t partition, char *why, size_t size, struct standing *out);
/* For how long a partition has been standing still, ms; 0 where it moves or has nothing to do. */
int64_t watchdog_stalled_ms(const struct watchdog *watchdog, int32_t partition, struct mono now);

#endif
