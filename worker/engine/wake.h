/* Who has something to do. Nothing runs where it is woken: whoever lets a customer's next event begin, makes a call ready or frees a
 * place marks the queue or the account, and goes on; what is marked is run when the input, or the timer that was due, is dealt with
 * (see places.h). */
#ifndef ENGINE_WAKE_H
#define ENGINE_WAKE_H

#include "engine/engine.h"

/* Its head may be able to begin. */
void wake_queue(struct engine *engine, struct queue *queue);
/* There may be a place for who waits for one. */
void wake_account(struct engine *engine, struct account *account);

/* The first that is marked; it is not any more. NULL: none is. */
struct queue *wake_next_queue(struct engine *engine);
struct account *wake_next_account(struct engine *engine);

#endif
