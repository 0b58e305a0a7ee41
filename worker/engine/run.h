/* The jobs of customers' queues, one after the other: what each does next. */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include "engine/job.h"

/* The queue's head begins, and where that settles it at once, the next; frees a queue in which nothing is left. */
void run_head(struct engine *engine, struct queue *queue);
void run_timer(struct engine *engine, struct job *job);
/* The broker's time is known, or cannot be: see settle_ask. `why`: for the trace. */
void run_asked(struct engine *engine, struct job *job, const char *why);
/* INPUT_ANSWERED. */
void run_answer(struct engine *engine, engine_handle handle, const struct reply *reply);
/* The job has a place: makes its call, or whatever it needs by now. */
void run_place(struct engine *engine, struct job *job);

#endif
