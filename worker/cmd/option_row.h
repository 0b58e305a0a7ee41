/* One option of a command, as a row of its table. */
#ifndef CMD_OPTION_ROW_H
#define CMD_OPTION_ROW_H

#include <stdbool.h>
#include <stddef.h>

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

/* The first row at or behind `row` that has a text: the text that holds for `row`. */
const char *option_row_help(const struct option_row *row);

/* The row of --help, which every command has. */
extern const struct option_row option_row_of_help;

#endif
