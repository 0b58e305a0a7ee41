/* Notices a partition that has work and makes no progress, and logs why, again and again. */
#ifndef RUN_WATCHDOG_H
#define RUN_WATCHDOG_H

#include "engine/engine.h"
#include "kafka/consumer.h"

#define WATCHDOG_EVERY_MS   5000
#define WATCHDOG_STALLED_MS 20000 /* a partition that settles nothing for this long is logged, at most 5 s later */

struct watchdog {
    struct watched_partition *list; /* by partition */
    int32_t count;
    struct mono next;
};

void watchdog_init(struct watchdog *watchdog, int32_t partition_count);
void watchdog_done(struct watchdog *watchdog);

/* Checks when it is time to, and returns whether it did. `consumer` knows how much is not read yet and, with `inquiry`, which
 * partitions are not started; `engine` what is not settled. */
bool watchdog_turn(struct watchdog *watchdog, const struct consumer *consumer, struct inquiry *inquiry,
                   const struct engine *engine, struct mono now);
/* A partition's status; false if it is not ours. `why` holds the reason where the engine cannot know it. */
bool watchdog_status(const struct consumer *consumer, struct inquiry *inquiry, const struct engine *engine,
                       int32_t partition, char *why, size_t size, struct partition_status *out);
/* For how long a partition has made no progress, ms; 0 if it does, or has nothing to do. */
int64_t watchdog_stalled_ms(const struct watchdog *watchdog, int32_t partition, struct mono now);

#endif
