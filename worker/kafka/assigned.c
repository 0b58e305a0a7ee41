#include "kafka/assigned.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "progress/progress.h"

enum arrival_step { ARRIVAL_LOOKED_UP, ARRIVAL_LAST, ARRIVAL_SEEN }; /* what is waited for */

struct arrival {
    struct assigned told; /* its metadata are the arrival's own, to be freed */
    enum arrival_step step;
};

static void arrival_forget(struct arrival *arrival)
{
    free((void *)(uintptr_t)arrival->told.metadata.data);
}

static void arrival_remove(struct arrivals *arrivals, struct arrival *arrival)
{
    arrival_forget(arrival);
    *arrival = arrivals->list[--arrivals->count];
}

void arrivals_clear(struct arrivals *arrivals, struct inquiry *inquiry)
{
    inquiry_forget(inquiry, INQUIRY_EVENTS, -1);
    while (arrivals->count > 0)
        arrival_remove(arrivals, &arrivals->list[0]);
}

void arrivals_done(struct arrivals *arrivals)
{
    while (arrivals->count > 0)
        arrival_remove(arrivals, &arrivals->list[0]);
    free(arrivals->list);
    *arrivals = (struct arrivals){0};
}

/* From the first question on; it is forgotten what was answered before. */
static void arrival_begin(struct arrival *arrival, struct inquiry *inquiry, int32_t partition)
{
    arrival_forget(arrival);
    *arrival = (struct arrival){.told = {.partition = partition}};
    inquiry_ask(inquiry, INQUIRY_EVENTS, partition, (struct wall){0});
}

void arrivals_begin(struct arrivals *arrivals, struct inquiry *inquiry, const rd_kafka_topic_partition_list_t *partitions)
{
    arrivals_clear(arrivals, inquiry);
    arrivals->list = mem_grow(arrivals->list, (size_t)partitions->cnt + 1, sizeof(*arrivals->list));
    for (int i = 0; i < partitions->cnt; i++) {
        arrivals->list[arrivals->count] = (struct arrival){0};
        arrival_begin(&arrivals->list[arrivals->count++], inquiry, partitions->elems[i].partition);
    }
}

static struct arrival *arrivals_find(const struct arrivals *arrivals, int32_t partition)
{
    for (size_t i = 0; i < arrivals->count; i++)
        if (arrivals->list[i].told.partition == partition)
            return &arrivals->list[i];
    return NULL;
}

/* False where there is no such record, so nothing to ask. */
static bool arrival_ask(struct log_checks *checks, const struct arrival *arrival, int64_t offset)
{
    bool there = offset >= arrival->told.begin && offset < arrival->told.end;
    if (there)
        log_checks_ask(checks, arrival->told.partition, offset, 0);
    return there;
}

/* One question a partition at a time: first the last one. */
static void arrival_go_on(struct arrivals *arrivals, struct arrival *arrival, struct log_checks *checks,
                          assigned_told *told, void *context)
{
    struct progress progress;
    bool named = progress_read(arrival->told.metadata, &progress);
    if (arrival->step == ARRIVAL_LOOKED_UP) {
        arrival->step = ARRIVAL_LAST;
        if (arrival_ask(checks, arrival, named && progress.has_last ? progress.last : arrival->told.offset - 1))
            return;
    }
    if (arrival->step == ARRIVAL_LAST) {
        arrival->step = ARRIVAL_SEEN;
        if (named && progress.has_seen && arrival_ask(checks, arrival, progress.seen))
            return;
    }
    struct arrival arrived = *arrival;
    *arrival = arrivals->list[--arrivals->count];
    told(context, &arrived.told);
    free((void *)(uintptr_t)arrived.told.metadata.data);
}

void arrivals_looked_up(struct arrivals *arrivals, struct log_checks *checks, const struct inquiry_answer *answer,
                        assigned_told *told, void *context)
{
    struct arrival *arrival = arrivals_find(arrivals, answer->partition);
    if (arrival == NULL || arrival->step != ARRIVAL_LOOKED_UP)
        return;
    struct span metadata = {answer->metadata, answer->metadata_size};
    arrival->told.begin = answer->begin;
    arrival->told.end = answer->end;
    arrival->told.never_committed = answer->committed < 0;
    arrival->told.offset = answer->committed < 0 ? answer->begin : answer->committed;
    if (metadata.size > 0)
        arrival->told.metadata = (struct span){mem_copy(metadata), metadata.size};
    arrival_go_on(arrivals, arrival, checks, told, context);
}

/* By what it was told the log goes on behind that offset, so it was told wrongly, or the log has lost its tail since. */
static bool check_is_doubtful(const struct log_check *check)
{
    return check->stamp == 0 && check->offset <= check->asked;
}

bool arrivals_checked(struct arrivals *arrivals, struct inquiry *inquiry, struct log_checks *checks, const struct log_check *check,
                      assigned_told *told, void *context)
{
    struct arrival *arrival = arrivals_find(arrivals, check->partition);
    if (arrival == NULL)
        return false;
    if (arrival->step == ARRIVAL_LOOKED_UP)
        return true;
    if (check_is_doubtful(check)) {
        arrival_begin(arrival, inquiry, check->partition);
        return true;
    }
    uint32_t stamp = check->offset == check->asked ? check->stamp : 0;
    if (arrival->step == ARRIVAL_LAST)
        arrival->told.last_stamp = stamp;
    else
        arrival->told.seen_stamp = stamp;
    arrival_go_on(arrivals, arrival, checks, told, context);
    return true;
}

bool arrivals_wait(const struct arrivals *arrivals, struct inquiry *inquiry, int32_t partition, char *why, size_t size)
{
    const struct arrival *arrival = arrivals_find(arrivals, partition);
    if (arrival == NULL)
        return false;
    if (arrival->step != ARRIVAL_LOOKED_UP)
        snprintf(why, size, "Kafka does not give the last record below what was committed");
    else if (!inquiry_trouble(inquiry, INQUIRY_EVENTS, partition, why, size))
        snprintf(why, size, "it is asked what was committed of it");
    return true;
}
