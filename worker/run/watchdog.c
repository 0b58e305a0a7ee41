#include "run/watchdog.h"

#include <stdlib.h>

#include "base/mem.h"
#include "os/log.h"

#define AGAIN_MS 60000 /* between two lines about one partition */

struct watched_partition {
    bool stands; /* it has work, and nothing was settled since `since` */
    int64_t progress;
    uint64_t rebuilt;
    struct mono since, told_at;
    bool told;
};

void watchdog_init(struct watchdog *watchdog, int32_t partition_count)
{
    *watchdog = (struct watchdog){.list = mem_new((size_t)partition_count, sizeof(struct watched_partition)),
                                  .count = partition_count};
}

void watchdog_done(struct watchdog *watchdog)
{
    free(watchdog->list);
    *watchdog = (struct watchdog){0};
}

static void watchdog_tell(struct watched_partition *one, int32_t partition, const struct partition_status *status,
                          int64_t lag, struct mono now)
{
    struct log_line line;
    one->told = true;
    one->told_at = now;
    log_begin(&line, LOG_LEVEL_WARNING, "stalled");
    log_number(&line, "partition", partition);
    log_number(&line, "for_s", (now.ms - one->since.ms) / 1000);
    log_number(&line, "offset", status->settled);
    log_number(&line, "unsettled", (long long)status->unsettled);
    log_number(&line, "lag", lag);
    log_text(&line, "because", span_of(status->because));
    log_end(&line);
}

static void watchdog_check(struct watched_partition *one, int32_t partition, const struct partition_status *status,
                          int64_t lag, struct mono now)
{
    bool busy = lag > 0 || status->unsettled > 0 || status->begins;
    bool goes_on = status->progress != one->progress || status->rebuilt != one->rebuilt || one->since.ms < status->since.ms;
    if (!busy || !one->stands || goes_on) {
        if (one->told)
            log_say(LOG_LEVEL_INFO, "moving", "partition %d is settled to %lld", (int)partition,
                    (long long)status->settled);
        *one = (struct watched_partition){
            .stands = busy, .progress = status->progress, .rebuilt = status->rebuilt, .since = now};
        return;
    }
    bool long_ago = now.ms - one->since.ms >= WATCHDOG_STALLED_MS;
    if (long_ago && (!one->told || now.ms - one->told_at.ms >= AGAIN_MS))
        watchdog_tell(one, partition, status, lag, now);
}

bool watchdog_status(const struct consumer *consumer, struct inquiry *inquiry, const struct engine *engine,
                              int32_t partition, char *why, size_t size, struct partition_status *out)
{
    if (!engine_status(engine, partition, out)) {
        *out = (struct partition_status){.settled = -1, .progress = -1, .begins = true, .because = why};
        return consumer_waits(consumer, partition, why, size);
    }
    if (inquiry_trouble(inquiry, INQUIRY_RECEIPTS, partition, why, size))
        out->because = why;
    return true;
}

bool watchdog_turn(struct watchdog *watchdog, const struct consumer *consumer, struct inquiry *inquiry,
                   const struct engine *engine, struct mono now)
{
    char why[512];
    if (!mono_reached(watchdog->next, now))
        return false;
    watchdog->next = mono_beat(now, WATCHDOG_EVERY_MS);
    int64_t lag = 0;
    int32_t ours = consumer_next_partition(consumer, -1, &lag);
    for (int32_t i = 0; i < watchdog->count; i++) {
        struct partition_status status;
        if (i != ours || !watchdog_status(consumer, inquiry, engine, i, why, sizeof(why), &status))
            watchdog->list[i] = (struct watched_partition){0};
        else
            watchdog_check(&watchdog->list[i], i, &status, lag, now);
        if (i == ours)
            ours = consumer_next_partition(consumer, i, &lag);
    }
    return true;
}

int64_t watchdog_stalled_ms(const struct watchdog *watchdog, int32_t partition, struct mono now)
{
    const struct watched_partition *one = &watchdog->list[partition];
    int64_t ms = one->stands ? now.ms - one->since.ms : 0;
    return ms >= WATCHDOG_STALLED_MS ? ms : 0;
}
