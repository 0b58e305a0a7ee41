#include "delivery/queue.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

void queues_init(struct queues *queues, const unsigned char hash_key[16])
{
    map_init(&queues->by_key, hash_key);
}

static void queues_remove(struct queues *queues, struct queue *queue)
{
    assert(queue->head == NULL && LIST_EMPTY(&queue->glances));
    map_remove(&queues->by_key, &queue->node);
    flood_done(&queue->flood);
    free(queue);
}

void queues_done(struct queues *queues)
{
    struct map_node *node;
    while ((node = map_any(&queues->by_key)) != NULL)
        queues_remove(queues, MAP_ENTRY(node, struct queue, node));
    map_done(&queues->by_key);
}

struct queue *queues_take(struct queues *queues, struct span key)
{
    struct map_node *node = map_find(&queues->by_key, key);
    if (node != NULL)
        return MAP_ENTRY(node, struct queue, node);
    struct queue *queue = mem_new(1, sizeof(*queue) + key.size);
    memcpy(queue + 1, key.data, key.size);
    queue->node.key = (struct span){(const char *)(queue + 1), key.size};
    map_add(&queues->by_key, &queue->node);
    return queue;
}

void queues_tidy(struct queues *queues, struct queue *queue, struct mono now)
{
    struct mono until = mono_later(queue->not_before, queue->flood_until);
    if (queue->head == NULL && LIST_EMPTY(&queue->glances) && !queue->woken && mono_reached(until, now))
        queues_remove(queues, queue);
}

void queues_sweep(struct queues *queues, struct mono now)
{
    for (size_t i = 0; i < queues->by_key.bucket_count; i++) {
        for (struct map_node *node = queues->by_key.buckets[i], *next; node != NULL; node = next) {
            next = node->next;
            queues_tidy(queues, MAP_ENTRY(node, struct queue, node), now);
        }
    }
}

void queue_push(struct queue *queue, struct queue_item *item)
{
    item->next = NULL;
    if (queue->head == NULL)
        queue->head = item;
    else
        queue->tail->next = item;
    queue->tail = item;
    queue->length++;
}

void queue_push_first(struct queue *queue, struct queue_item *item)
{
    item->next = queue->head;
    queue->head = item;
    if (queue->tail == NULL)
        queue->tail = item;
    queue->length++;
}

void queue_remove(struct queue *queue, struct queue_item *item)
{
    struct queue_item *before = NULL, *at = queue->head;
    while (at != item) {
        assert(at != NULL);
        before = at;
        at = at->next;
    }
    if (before == NULL)
        queue->head = item->next;
    else
        before->next = item->next;
    if (queue->tail == item)
        queue->tail = before;
    queue->length--;
}
