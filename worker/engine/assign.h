/* A partition comes: what the commit says of it is believed as far as its log bears that out. */
#ifndef ENGINE_ASSIGN_H
#define ENGINE_ASSIGN_H

#include "engine/engine.h"

/* INPUT_ASSIGNED. */
void assign(struct engine *engine, const struct input *input);

#endif
