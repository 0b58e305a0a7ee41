/* A program that is a table of commands: finds the one that is meant, tells all of them, and what holds for each: signals, no
 * core file, and that what was printed has arrived. */
#ifndef CMD_PROGRAM_H
#define CMD_PROGRAM_H

#include "cmd/command.h"

struct program {
    const char *name;
    const char *purpose;
    const struct command *const *commands; /* ended by NULL */
};

/* What main returns. */
int program_main(const struct program *program, int argc, char **argv);

#endif
