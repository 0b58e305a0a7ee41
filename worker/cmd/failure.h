/* How a command tells that it failed: one line on stderr, "PROGRAM COMMAND: what is wrong and what to do", and the
 * exit code as the result. Control characters of foreign text are shown as '?'. */
#ifndef CMD_FAILURE_H
#define CMD_FAILURE_H

#include "base/err.h"

/* Which program this is: "cupbearer" until it is said. `name` is borrowed. */
void failure_set_program(const char *name);
const char *failure_program(void);

/* A mistake of whoever typed the command: ERR_USAGE. */
int failure_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a command goes on behind: the same line. */
void failure_note(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* err's line, and its code. */
int failure_err(const char *command, const struct err *err);

#endif
