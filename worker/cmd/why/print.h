/* What `why` tells of a life that was put together: for people in lines of a terminal, for programs as JSON, an object a line. */
#ifndef CMD_WHY_PRINT_H
#define CMD_WHY_PRINT_H

#include "cmd/why/told.h"

void why_print(const struct why_told *told);
void why_print_json(const struct why_told *told);

/* Bytes of key, value and headers. */
size_t why_record_size(const struct record *record);

#endif
