#include "cmd/option_row.h"

const struct option_row option_row_of_help = OPTION('h', "help", NULL, "this text");

const char *option_row_help(const struct option_row *row)
{
    while (row->help == NULL)
        row++;
    return row->help;
}
