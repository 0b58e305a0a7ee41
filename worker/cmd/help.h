/* A command's --help, made from its table: one style, at most 79 columns wide. */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "base/buf.h"
#include "cmd/command.h"

/* To stdout. */
void help_print(const struct command *command);

/* "head text\n", the text filled into lines that begin below its beginning; `indent` is where it begins, at or behind the
 * head's end. */
void help_item_print(const char *head, size_t indent, const char *text);

/* Appends what a row does as one text: its words in the place of {}, and that it may be repeated. */
void help_row_text(struct buf *out, const struct option_row *row);

#endif
