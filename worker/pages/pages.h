/* What is made from the commands' tables: the completions of bash and zsh, and the manual's lists of options. Each function
 * writes what stands in the place of one marker of a file in deploy/; `words` is what follows the marker in its line. */
#ifndef PAGES_PAGES_H
#define PAGES_PAGES_H

#include <stdio.h>

#include "cmd/command.h"

/* The listed ones of cupbearer's commands that have a table, ended by NULL; there once pages_list was called. */
extern const struct command *const *pages_commands;
void pages_list(void);

int bash_commands(FILE *out, const char *words);
int bash_options(FILE *out, const char *words);
int bash_values(FILE *out, const char *words);
int bash_operands(FILE *out, const char *words);

int zsh_commands(FILE *out, const char *words);
int zsh_options(FILE *out, const char *words);

/* The rows of the groups that `words` names; -1, reported on stderr, where there is no such group. */
int man_options(FILE *out, const char *words);
/* Whether each group of each command was asked for; -1, reported on stderr, where one was not. */
int man_is_whole(void);

#endif
