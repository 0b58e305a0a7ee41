/* From the outcome to the settled offset: its dead letter and its receipt are written and acknowledged. */
#ifndef ENGINE_SETTLE_H
#define ENGINE_SETTLE_H

#include "engine/job.h"

void settle(struct engine *engine, struct job *job, enum outcome outcome);
/* Writes the dead letter that the job needs if it is given up, whose acknowledgement has the broker's time. */
void settle_ask(struct engine *engine, struct job *job);
/* The receipt that it has is right, and no second one is written; frees the job. */
void settle_as_told(struct engine *engine, struct job *job);
/* INPUT_PRODUCED. True: the letter of settle_ask is acknowledged, and run_asked is to follow. */
bool settle_produced(struct engine *engine, struct job *job, const struct input *input);
/* What could not be written is written again. */
void settle_again(struct engine *engine, struct job *job);

#endif
