/* The commands: each takes its own words, argv[0] being its name, does its work and returns the exit code (base/err.h).
 * Help goes to stdout and is 0; a mistake is one line on stderr that says what to do. Only cmd/program exits. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "cmd/command.h"

extern const struct command command_run;
extern const struct command command_keygen;
extern const struct command command_send;
extern const struct command command_sign;
extern const struct command command_verify;
extern const struct command command_audit;
extern const struct command command_why;
extern const struct command command_tail;
extern const struct command command_dead;
extern const struct command command_gate;
extern const struct command command_doctor;
extern const struct command command_health;

#endif
