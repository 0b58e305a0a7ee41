#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/commands.h"

/* Each row of each listed command, with the command and, of its options before this one, how many there are. */
static void each_row(void (*check)(const struct command *command, const struct option_row *row,
                                   const struct option_row *const *before, size_t count))
{
    for (const struct command *const *command = cupbearer_program.commands; *command != NULL; command++) {
        const struct option_row *before[COMMAND_OPTIONS_MAX] = {&option_row_of_help};
        size_t count = 1;
        if ((*command)->purpose == NULL)
            continue;
        for (const struct option_group *const *group = (*command)->groups; *group != NULL; group++)
            for (size_t i = 0; i < (*group)->count; i++) {
                const struct option_row *row = &(*group)->rows[i];
                assert_true(count < COMMAND_OPTIONS_MAX);
                check(*command, row, before, count);
                before[count++] = row;
            }
    }
}

static void row_is_one(const struct command *command, const struct option_row *row,
                       const struct option_row *const *before, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (before[i]->id == row->id || strcmp(before[i]->name, row->name) == 0)
            fail_msg("%s: --%s and --%s have one name, or one number", command->name, before[i]->name, row->name);
}

static void an_option_of_a_command_has_a_name_and_a_number_of_its_own(void **state)
{
    (void)state;
    each_row(row_is_one);
}

static void row_is_complete(const struct command *command, const struct option_row *row,
                            const struct option_row *const *before, size_t count)
{
    (void)before;
    (void)count;
    const char *help = row->help == NULL ? "" : row->help;
    if (row->words != NULL && (row->value == NULL || strstr(help, "{}") == NULL))
        fail_msg("%s: the help of --%s does not name its words", command->name, row->name);
    if (*help != 0 && help[strlen(help) - 1] == '.')
        fail_msg("%s: the help of --%s ends with a period, which the manual has already", command->name, row->name);
}

static void a_text_names_the_words_that_there_are(void **state)
{
    (void)state;
    each_row(row_is_complete);
}

static void a_group_ends_with_a_row_that_has_a_text(void **state)
{
    (void)state;
    for (const struct command *const *command = cupbearer_program.commands; *command != NULL; command++) {
        if ((*command)->purpose == NULL)
            continue;
        for (const struct option_group *const *group = (*command)->groups; *group != NULL; group++)
            assert_non_null((*group)->rows[(*group)->count - 1].help);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_option_of_a_command_has_a_name_and_a_number_of_its_own),
        cmocka_unit_test(a_text_names_the_words_that_there_are),
        cmocka_unit_test(a_group_ends_with_a_row_that_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
