/* A glance: after a post its conversation is read once by its id, for an agent may have closed it meanwhile, and a page that
 * is loaded from then on does not show what is in a closed one. If it was closed, our message is the reason to open it again. A
 * glance belongs to a customer's queue, is made when that has run empty, and for one conversation at most as often as the
 * settings say; it runs beside the deliveries and does not change their outcomes. */
#ifndef ENGINE_GLANCE_H
#define ENGINE_GLANCE_H

#include "delivery/account.h"
#include "engine/engine.h"
#include "engine/partition.h"

enum glance_state {
    GLANCE_RESTS, /* it was made, and the next one must not come too soon; its timer ends it */
    GLANCE_WAITS, /* for its timer */
    GLANCE_READY, /* for a place among the account's requests */
    GLANCE_CALLS, /* its request is under way */
};

struct glance {
    LIST_ENTRY(glance) in_queue; /* its queue's: an event may be for another page of the customer's */
    struct queue_item in_ready; /* its account's */
    struct timer timer;
    engine_handle handle;
    struct queue *queue;
    struct account *account;
    struct partition *partition;
    enum glance_state state;
    struct call call;   /* it reads the conversation, and reopens it once that was found closed */
    int64_t offset;     /* of the last event that was posted there */
    struct mono since;  /* the first post since the last glance */
    struct mono called; /* when the call was made */
    bool again;         /* posted to since then: one more glance is due */
    unsigned tries;
};

#define GLANCE_OF(pointer, member)                                                                           \
    ((struct glance *)(void *)((char *)(pointer)-offsetof(struct glance, member)))

/* The job is delivered, and has left its queue if it may: a glance at its conversation is due. */
void glance_want(struct engine *engine, const struct job *job, struct queue *queue);
void glance_timer(struct engine *engine, struct glance *glance);
/* It has a place: makes its call. */
void glance_place(struct engine *engine, struct glance *glance);
void glance_answered(struct engine *engine, struct glance *glance, const struct answer *answer);
/* Until when the head of a queue must not begin while a glance is under way: if it has to be resolved again where to
 * post, the conversation may be about to be opened again, and a new one would hide it. MONO_NEVER: until the glance has a
 * place. Makes it ready where it waited. */
struct mono glance_hold(struct engine *engine, const struct job *job);
/* Those of a partition that is given up are made at once; or not at all. */
void glances_hurry(struct engine *engine, const struct partition *partition);
void glances_drop(struct engine *engine, const struct partition *partition);

#endif
