#include "kafka/positions.h"

#include <stdlib.h>

#include "base/mem.h"

struct position {
    bool assigned;
    int64_t next; /* the offset behind the last record that was read */
    int64_t end;  /* of the log, when that was asked last */
};

void positions_done(struct positions *positions)
{
    free(positions->list);
    *positions = (struct positions){0};
}

void positions_clear(struct positions *positions)
{
    for (int32_t i = 0; i < positions->size; i++)
        positions->list[i].assigned = false;
    positions->count = 0;
}

void positions_add(struct positions *positions, int32_t partition, int64_t next, int64_t end)
{
    if (partition >= positions->size)
        positions->list = mem_grow(positions->list, (size_t)partition + 1, sizeof(*positions->list));
    while (positions->size <= partition)
        positions->list[positions->size++] = (struct position){0};
    positions->list[partition] = (struct position){true, next, end};
    positions->count++;
}

void positions_set(struct positions *positions, int32_t partition, int64_t next, int64_t end)
{
    positions->list[partition] = (struct position){true, next, end};
}

void positions_end(struct positions *positions, int32_t partition, int64_t end)
{
    if (partition < positions->size)
        positions->list[partition].end = end;
}

int64_t positions_place(const struct positions *positions, int32_t partition)
{
    return positions->list[partition].next;
}

void positions_read(struct positions *positions, int32_t partition, int64_t offset)
{
    if (partition < positions->size)
        positions->list[partition].next = offset + 1;
}

int32_t positions_next(const struct positions *positions, int32_t partition, rd_kafka_t *rk,
                       const char *topic, int64_t *lag)
{
    do
        partition++;
    while (partition < positions->size && !positions->list[partition].assigned);
    if (partition >= positions->size)
        return -1;
    const struct position *position = &positions->list[partition];
    int64_t low, end;
    /* What the last fetch said; before the first one it is RD_KAFKA_OFFSET_INVALID, which is negative. */
    if (rd_kafka_get_watermark_offsets(rk, topic, partition, &low, &end) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        end < position->end)
        end = position->end;
    *lag = end > position->next ? end - position->next : 0;
    return partition;
}
