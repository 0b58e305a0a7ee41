#include "io/lanes.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/kafka.h"

void lanes_clear(struct lanes *lanes)
{
    for (int32_t i = 0; i < lanes->count; i++) {
        rd_kafka_queue_io_event_enable(lanes->queues[i], -1, NULL, 0);
        rd_kafka_queue_destroy(lanes->queues[i]);
    }
    lanes->count = 0;
    lanes->last = -1;
}

void lanes_done(struct lanes *lanes)
{
    lanes_clear(lanes);
    free(lanes->intakes);
    free(lanes->queues);
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
    lanes->queues = mem_grow(lanes->queues, size, sizeof(rd_kafka_queue_t *));
    lanes->intakes[lanes->count] = (struct intake){.partition = partition, .waits = true};
    lanes->queues[lanes->count++] = queue;
}

void lanes_wake(struct lanes *lanes)
{
    for (int32_t i = 0; i < lanes->count; i++)
        lanes->intakes[i].waits = true;
}

rd_kafka_event_t *lanes_take(struct lanes *lanes, lanes_held *held, void *context)
{
    rd_kafka_event_t *event = NULL;
    for (int32_t i = 0; i < lanes->count; i++)
        if (lanes->intakes[i].waits)
            lanes->intakes[i].held = held(context, lanes->intakes[i].partition);
    int32_t next;
    while (event == NULL && (next = intake_next(lanes->intakes, lanes->count, lanes->last)) >= 0) {
        event = rd_kafka_queue_poll(lanes->queues[next], 0);
        lanes->intakes[next].waits = event != NULL;
        lanes->last = next;
    }
    return event;
}
