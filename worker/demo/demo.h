/* The commands of cupbearer-demo, as cmd/program.h takes them. */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

#include "cmd/command.h"

extern const struct command command_play;
extern const struct command command_standin;

#endif
