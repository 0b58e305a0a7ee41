#ifndef CMD_WHY_TIME_H
#define CMD_WHY_TIME_H

#include <stdint.h>

/* RFC 3339 in UTC, with milliseconds. */
#define WHY_TIME_SIZE 25
void why_time(char out[WHY_TIME_SIZE], int64_t ms);

#endif
