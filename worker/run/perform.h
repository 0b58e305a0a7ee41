/* What the engine's effects make the worker do. */
#ifndef RUN_PERFORM_H
#define RUN_PERFORM_H

#include "run/loop.h"

/* Hands the input to the engine, now, and does what that says, or begins it: its completion is an input of a later call
 * (run/inputs), never of this one. What the loop cannot go on without is in loop->fatal or loop->refused. */
void perform_input(struct loop *loop, struct input *input);

#endif
