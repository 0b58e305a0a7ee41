/* What stdout is: a terminal, or something that programs read. */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* The terminal's columns, as they are now; 0: it is no terminal, so lines are as long as they are. */
size_t output_width(void);

/* Whether nobody reads it any more, as behind `| head`. */
bool output_is_closed(void);

#endif
