#include "pages/pages.h"

int bash_commands(FILE *out, const char *words)
{
    (void)words;
    fputs("    commands=\"", out);
    for (const struct command *const *command = pages_commands; *command != NULL; command++)
        fprintf(out, "%s ", (*command)->name);
    fputs("help\"\n", out);
    return 0;
}

int bash_options(FILE *out, const char *words)
{
    (void)words;
    for (const struct command *const *command = pages_commands; *command != NULL; command++) {
        fprintf(out, "    %s) echo", (*command)->name);
        for (const struct option_group *const *group = (*command)->groups; *group != NULL; group++)
            for (size_t i = 0; i < (*group)->count; i++)
                fprintf(out, " --%s", (*group)->rows[i].name);
        fprintf(out, " --%s ;;\n", option_row_of_help.name);
    }
    return 0;
}

static void bash_candidates(FILE *out, const char *words, enum completion completion)
{
    if (words != NULL)
        fprintf(out, "_cupbearer_words %s", words);
    else if (completion != COMPLETE_NOTHING)
        fprintf(out, "_cupbearer_paths %s", completion == COMPLETE_FILE ? "-f" : "-d");
    else
        fputs(":", out);
}

static void bash_completion(FILE *out, const char *words, enum completion completion)
{
    bash_candidates(out, words, completion);
    fputs(" ;;\n", out);
}

int bash_values(FILE *out, const char *words)
{
    (void)words;
    for (const struct command *const *command = pages_commands; *command != NULL; command++)
        for (const struct option_group *const *group = (*command)->groups; *group != NULL; group++)
            for (size_t i = 0; i < (*group)->count; i++) {
                const struct option_row *row = &(*group)->rows[i];
                if (row->value == NULL)
                    continue;
                fputs("    ", out);
                if (row->id < 0x80)
                    fprintf(out, "\"%s -%c\" | ", (*command)->name, row->id);
                fprintf(out, "\"%s --%s\") ", (*command)->name, row->name);
                bash_completion(out, row->words, row->completion);
            }
    return 0;
}

int bash_operands(FILE *out, const char *words)
{
    (void)words;
    for (const struct command *const *command = pages_commands; *command != NULL; command++) {
        const struct operand *operand = (*command)->operand;
        if (operand == NULL || (operand->words == NULL && operand->completion == COMPLETE_NOTHING))
            continue;
        fprintf(out, "    %s) ", (*command)->name);
        if (operand->next != NULL) { /* the first one stands right behind the command */
            fprintf(out, "if [ \"$COMP_CWORD\" != 2 ]; then ");
            bash_candidates(out, operand->next->words, operand->next->completion);
            fputs("; else ", out);
            bash_candidates(out, operand->words, operand->completion);
            fputs("; fi ;;\n", out);
        } else {
            bash_completion(out, operand->words, operand->completion);
        }
    }
    return 0;
}
