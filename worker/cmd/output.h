/* What stdout is: a terminal, which has a width and colours, or something that programs read. */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The terminal's columns, as they are now; 0: it is no terminal, so lines are as long as they are. */
size_t output_width(void);

/* How what is printed next looks. Nothing but a colour says so: the words do, too. */
enum tone { TONE_PLAIN, TONE_GOOD, TONE_DOUBTFUL, TONE_BAD };

/* Begins it where `out` is stdout and a terminal, unless NO_COLOR is set and not empty (no-color.org) or TERM is dumb; else nothing is
 * written. TONE_PLAIN ends it, before the line's end. */
void output_tone(FILE *out, enum tone tone);

/* Whether nobody reads it any more, as behind `| head`. */
bool output_is_closed(void);

#endif
