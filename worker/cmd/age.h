/* Spans of time as people say them. */
#ifndef CMD_AGE_H
#define CMD_AGE_H

#include <stdint.h>

#define AGE_TEXT 24

/* "12 s", "34 min", "5 h", "6 days", whatever its sign: from two of a larger unit on in that one. */
void age_write(char out[AGE_TEXT], int64_t ms);

#endif
