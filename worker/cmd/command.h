/* A command as data: its name, its purpose, its options. The parser, --help, the completions of bash and zsh and the
 * manual's lists of options (worker/pages) are all made from these tables, so an option stands in one row. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define COMMAND_OPTIONS_MAX 40 /* of one command, --help among them */

enum completion { COMPLETE_NOTHING, COMPLETE_FILE, COMPLETE_DIRECTORY };

struct option_row {
    int id;            /* what `take` gets; a letter is the short option as well */
    const char *name;  /* the long option, without -- */
    const char *value; /* what its value is called, in capitals: FILE, NAME=VALUE; NULL: it takes none */
    /* What it does, without a period at its end; {} stands for the words. Shells show it up to its first ';', ':', '(' or
     * period. NULL: the next row's text holds for this one too. */
    const char *help;
    const char *more;  /* further sentences for the manual alone; NULL: none */
    const char *words; /* the values that there are, with a space between; NULL: any other than these */
    enum completion completion;
    bool repeatable; /* said in the help by itself */
};

/* A row of a table; what is behind the text is designated: .words = "json kcat". */
#define OPTION(row_id, long_name, value_name, text, ...)                                                     \
    {.id = row_id, .name = long_name, .value = value_name, .help = text, __VA_ARGS__}

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

/* The first row at or behind `row` that has a text: the text that holds for `row`. */
const char *option_row_help(const struct option_row *row);

/* The row of --help, which every command has. */
extern const struct option_row option_row_of_help;

#endif
