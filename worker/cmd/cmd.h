/* The commands: each takes its own words, argv[0] being its name, does its work and returns the exit code (base/err.h).
 * Help goes to stdout and is 0; a mistake is one line on stderr that says what to do. Only cmd/program exits. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "cmd/command.h"

int cmd_keygen(int argc, char **argv);
int cmd_sign(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_dead(int argc, char **argv);

extern const struct command command_run;
extern const struct command command_audit;
extern const struct command command_gate;
extern const struct command command_health;

#endif
