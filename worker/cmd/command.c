#include "cmd/command.h"

#include <assert.h>

#include "cmd/failure.h"
#include "cmd/help.h"
#include "cmd/options.h"

static struct option option_of(const struct option_row *row)
{
    return (struct option){row->name, row->value == NULL ? no_argument : required_argument, NULL, row->id};
}

/* The rows as getopt_long takes them. */
static void command_table(const struct command *command, struct option table[COMMAND_OPTIONS_MAX + 1])
{
    size_t count = 0;
    for (const struct option_group *const *group = command->groups; *group != NULL; group++)
        for (size_t i = 0; i < (*group)->count; i++) {
            assert(count < COMMAND_OPTIONS_MAX - 1);
            table[count++] = option_of(&(*group)->rows[i]);
        }
    table[count++] = option_of(&option_row_of_help);
    table[count] = (struct option){0};
}

/* ERR_NONE, or the code of the mistake that was reported. */
static int command_check_operands(const struct command *command, const char *const *operands)
{
    const struct operand *operand = command->operand;
    const char *excess = operands[0];
    for (size_t i = 1; operand != NULL && excess != NULL; i++) {
        excess = operands[i];
        if (operand->next == NULL)
            break;
        operand = operand->next;
    }
    if (excess == NULL)
        return ERR_NONE;
    if (operand != NULL && operand->noun != NULL)
        return failure_usage(command->name, "one %s at a time; '%.60s' is one too many", operand->noun, excess);
    return failure_usage(command->name, "'%.60s' is not expected here; see %s %s --help", excess,
                         failure_program(), command->name);
}

bool command_read(const struct command *command, int argc, char **argv, command_take *take, void *context,
                  const char *const **operands, int *code)
{
    struct option table[COMMAND_OPTIONS_MAX + 1];
    struct options options;
    struct err err;
    const char *value;
    int option;
    command_table(command, table);
    options_init(&options, command->name, table, argc, argv);
    while ((option = options_next(&options, &value)) != OPTIONS_END) {
        *code = option == OPTIONS_MISTAKE ? ERR_USAGE : ERR_NONE;
        if (option == option_row_of_help.id)
            help_print(command);
        if (option == option_row_of_help.id || option == OPTIONS_MISTAKE)
            return false;
        if (take(context, option, value, &err) != 0) {
            *code = failure_err(command->name, &err);
            return false;
        }
    }
    *operands = options.operands;
    *code = command_check_operands(command, options.operands);
    return *code == ERR_NONE;
}
