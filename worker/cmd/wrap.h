/* Text for people, in lines of a terminal. */
#ifndef CMD_WRAP_H
#define CMD_WRAP_H

#include "base/span.h"

#define WRAP_WIDTH 80 /* columns */

/* Prints text and a line end, escaped as escape_print does. It begins at `column`, where the line stands already; breaks at spaces,
 * so that lines end within WRAP_WIDTH where words let them, and goes on at `column`. */
void wrap_print(struct span text, size_t column);

#endif
