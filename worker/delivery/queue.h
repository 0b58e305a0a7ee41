/* One first-in-first-out queue per routing key: the order that a customer is promised. The head is under way, the rest
 * wait; queues are found by their key and vanish when they are empty and owe no pause, no count and no glance. */
#ifndef DELIVERY_QUEUE_H
#define DELIVERY_QUEUE_H

#include <sys/queue.h>

#include "base/map.h"
#include "delivery/flood.h"
#include "delivery/timer.h"

struct glance;

struct queue_item {
    struct queue_item *next;
};

struct queue {
    struct map_node node; /* under the routing key, which the queue owns */
    struct queue_item *head, *tail;
    size_t length;
    struct flood flood;
    struct mono flood_until; /* what it has counted matters until then */
    struct mono not_before;  /* the next message to this customer starts then at the earliest */
    LIST_HEAD(, glance) glances; /* the engine's, at its conversations */
    STAILQ_ENTRY(queue) in_woken; /* the engine's, where it has to be looked at: see engine/wake.h */
    bool woken;
};

struct queues {
    struct map by_key;
};

void queues_init(struct queues *queues, const unsigned char hash_key[16]);
void queues_done(struct queues *queues);

/* The queue of that key; created if missing. */
struct queue *queues_take(struct queues *queues, struct span key);
/* Frees the queue where nothing waits in it, its pause is over and its count without meaning; else does nothing. */
void queues_tidy(struct queues *queues, struct queue *queue, struct mono now);
/* Frees every queue that queues_tidy would: those whose pause ended while nobody asked. */
void queues_sweep(struct queues *queues, struct mono now);

void queue_push(struct queue *queue, struct queue_item *item);
/* Before all others. */
void queue_push_first(struct queue *queue, struct queue_item *item);
/* Takes out an item, wherever it stands. */
void queue_remove(struct queue *queue, struct queue_item *item);

#endif
