/* What main runs, and what worker/pages describes. */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "cmd/program.h"

extern const struct program cupbearer_program;

#endif
