/* What is explored, by name, and what the command line says. */
#ifndef TESTS_EXPLORE_OPTIONS_H
#define TESTS_EXPLORE_OPTIONS_H

#include "explore/explore.h"

/* Whether a path is to be replayed. Exits where the line is wrong (2), and after --help and --list (0). */
bool options_read(struct exploration *exploration, char **arguments);
/* A command that replays the path. */
void options_write(const struct exploration *exploration, FILE *out);

#endif
