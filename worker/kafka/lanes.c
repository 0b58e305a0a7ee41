#include "kafka/lanes.h"

#include <stdlib.h>

#include "base/mem.h"
#include "kafka/kafka.h"

#define REFILL_MS 20 /* those that run dry within that are asked for together, while there are others to take from */

void lanes_init(struct lanes *lanes, const rd_kafka_t *rk)
{
    *lanes = (struct lanes){.last = -1, .full = kafka_queue_full_bytes(rk), .refill_by = MONO_NEVER};
}

void lanes_clear(struct lanes *lanes)
{
    for (int32_t i = 0; i < lanes->count; i++) {
        rd_kafka_queue_io_event_enable(lanes->list[i].queue, -1, NULL, 0);
        rd_kafka_queue_destroy(lanes->list[i].queue);
    }
    lanes->count = lanes->looked = 0;
    lanes->last = -1;
    lanes->refill_by = MONO_NEVER;
}

void lanes_done(struct lanes *lanes)
{
    lanes_clear(lanes);
    free(lanes->intakes);
    free(lanes->list);
    *lanes = (struct lanes){0};
}

void lanes_add(struct lanes *lanes, rd_kafka_t *rk, const char *topic, int32_t partition, int fd)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_partition(rk, topic, partition);
    if (queue == NULL)
        abort(); /* out of memory */
    rd_kafka_queue_forward(queue, NULL);
    kafka_queue_fd_add(queue, fd);
    size_t size = (size_t)lanes->count + 1;
    lanes->intakes = mem_grow(lanes->intakes, size, sizeof(*lanes->intakes));
    lanes->list = mem_grow(lanes->list, size, sizeof(*lanes->list));
    lanes->intakes[lanes->count] = (struct intake){.partition = partition, .waits = true};
    lanes->list[lanes->count++] = (struct lane){.queue = queue};
}

void lanes_count(struct lanes *lanes, size_t bytes)
{
    if (lanes->last >= 0)
        lanes->list[lanes->last].taken += bytes;
}

static void lanes_dry(struct lanes *lanes, struct lane *lane)
{
    lane->dry = true;
    lanes->refill_by = lanes->refill_from;
}

/* Full it was, if ever, since it was empty for the last time, and what was in it then has been taken. */
static void lanes_empty(struct lanes *lanes, struct lane *lane)
{
    if (lane->taken >= lanes->full)
        lanes_dry(lanes, lane);
    lane->taken = 0;
}

void lanes_resumed(struct lanes *lanes, int32_t partition)
{
    for (int32_t i = 0; i < lanes->count; i++)
        if (lanes->intakes[i].partition == partition && lanes->full != SIZE_MAX)
            lanes_dry(lanes, &lanes->list[i]);
}

void lanes_refill(struct lanes *lanes, rd_kafka_t *rk, const char *topic, struct mono now)
{
    if (lanes->refill_by.ms == MONO_NEVER.ms)
        return;
    if (!mono_reached(lanes->refill_by, now) && intake_next(lanes->intakes, lanes->count, lanes->last) >= 0)
        return;
    rd_kafka_topic_partition_list_t *dry = rd_kafka_topic_partition_list_new(lanes->count);
    for (int32_t i = 0; i < lanes->count; i++) {
        if (lanes->list[i].dry)
            rd_kafka_topic_partition_list_add(dry, topic, lanes->intakes[i].partition);
        lanes->list[i].dry = false;
    }
    kafka_fetch_again(rk, dry);
    rd_kafka_topic_partition_list_destroy(dry);
    lanes->refill_by = MONO_NEVER;
    lanes->refill_from = mono_after(now, REFILL_MS);
}

void lanes_wake(struct lanes *lanes)
{
    lanes->looked = 0;
}

/* Which lanes hold something, each looked at once for each time that librdkafka wakes: with a thousand partitions most hold nothing.
 * One that is empty is polled all the same, since librdkafka (rd_kafka_q_io_event) wakes nobody again who has not polled. What came
 * just then is returned. */
static rd_kafka_event_t *lanes_poll(struct lanes *lanes)
{
    rd_kafka_event_t *event = NULL;
    while (event == NULL && lanes->looked < lanes->count) {
        int32_t place = lanes->looked++;
        struct intake *intake = &lanes->intakes[place];
        if (intake->waits || rd_kafka_queue_length(lanes->list[place].queue) > 0) {
            intake->waits = true;
            continue;
        }
        event = rd_kafka_queue_poll(lanes->list[place].queue, 0);
        intake->waits = event != NULL;
        if (event != NULL)
            lanes->last = place;
    }
    return event;
}

/* As intake_next. Mostly there is memory, and nobody holds anything: then those behind the next one are not asked. */
static int32_t lanes_next(struct lanes *lanes, lanes_held *held, void *context)
{
    for (int32_t i = 1; i <= lanes->count; i++) {
        int32_t place = (lanes->last + i) % lanes->count;
        struct intake *intake = &lanes->intakes[place];
        if (!intake->waits)
            continue;
        intake->held = held(context, intake->partition);
        if (intake->held == 0)
            return place;
    }
    return intake_next(lanes->intakes, lanes->count, lanes->last);
}

rd_kafka_event_t *lanes_take(struct lanes *lanes, lanes_held *held, void *context)
{
    rd_kafka_event_t *event = lanes_poll(lanes);
    int32_t next;
    while (event == NULL && (next = lanes_next(lanes, held, context)) >= 0) {
        event = rd_kafka_queue_poll(lanes->list[next].queue, 0);
        lanes->intakes[next].waits = event != NULL;
        lanes->last = next;
        if (event == NULL)
            lanes_empty(lanes, &lanes->list[next]);
    }
    return event;
}
