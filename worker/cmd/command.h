/* A command as data: its name, its purpose, its options. The parser, --help, the completions of bash and zsh and the
 * manual's lists of options (worker/pages) are all made from these tables, so an option stands in one row. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cmd/option_row.h"

#define COMMAND_OPTIONS_MAX 40 /* of one command, --help among them */

/* Rows that stand together in the help and in the manual; several commands may share them. */
struct option_group {
    const char *name;  /* by which deploy/cupbearer.1 asks for it */
    const char *title; /* a line above it in the help; NULL: none */
    const struct option_row *rows;
    size_t count;
};

#define OPTION_GROUP(group_name, line_above, array)                                                          \
    {.name = group_name, .title = line_above, .rows = array, .count = sizeof(array) / sizeof((array)[0])}

struct operand {
    const char *noun; /* "payload": for the message that there are too many; NULL: the help says what there may be */
    const char *words;
    enum completion completion;
    const struct operand *next; /* one more behind it; NULL: none */
};

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* its exit code, an err_code; argv[0] is the command */
    const char *purpose;               /* NULL: not listed, has no help */
    const char *usage; /* the forms of its arguments, a line each; one that begins with a space continues the one before */
    const char *about; /* paragraphs above the options; lines are filled */
    const struct option_group *const *groups; /* ended by NULL */
    const struct operand *operand;            /* NULL: it takes none */
    const char *end;                          /* paragraphs below the options: signals, exit codes */
};

/* An option that was given: 0, or -1 with err. `value` is NULL where it takes none; it points into argv. */
typedef int command_take(void *context, int option, const char *value, struct err *err);

/* Reads the command's arguments; each option goes to `take`, in its turn. True: the command goes on, *operands is ended by
 * NULL and points into argv. False: it ends with *code: help was printed, or a mistake was reported on stderr. */
bool command_read(const struct command *command, int argc, char **argv, command_take *take, void *context,
                  const char *const **operands, int *code);

#endif
