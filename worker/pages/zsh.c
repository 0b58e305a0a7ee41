#include "pages/pages.h"

#include <string.h>

/* Inside of single quotes; those of `special` with a backslash before them. */
static void zsh_text(FILE *out, const char *text, size_t size, const char *special)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\'')
            fputs("'\\''", out);
        else
            fprintf(out, strchr(special, text[i]) != NULL ? "\\%c" : "%c", text[i]);
    }
}

int zsh_commands(FILE *out, const char *words)
{
    (void)words;
    for (const struct command *const *command = pages_commands; *command != NULL; command++) {
        fprintf(out, "        '%s:", (*command)->name);
        zsh_text(out, (*command)->purpose, strlen((*command)->purpose), "\\:");
        fputs("'\n", out);
    }
    return 0;
}

/* What fits behind an option in a list: a text's first clause. */
static size_t clause_size(const char *text)
{
    size_t size = strcspn(text, ";:(");
    const char *period = strstr(text, ". ");
    if (period != NULL && (size_t)(period - text) < size)
        size = (size_t)(period - text);
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return size;
}

/* ":message:action" */
static void zsh_value(FILE *out, const char *value, const char *words, enum completion completion)
{
    fputc(':', out);
    zsh_text(out, value, strlen(value), "\\:");
    fputc(':', out);
    if (words != NULL)
        fprintf(out, "(%s)", words);
    else if (completion != COMPLETE_NOTHING)
        fputs(completion == COMPLETE_FILE ? "_files" : "_files -/", out);
}

static void zsh_option(FILE *out, const struct option_row *row)
{
    const char *help = option_row_help(row);
    fputs(" \\\n            ", out);
    if (row == &option_row_of_help)
        fputs("'(- *)'", out);
    else if (row->repeatable && row->id < 0x80)
        fputs("'*'", out);
    else if (row->id < 0x80)
        fprintf(out, "'(-%c --%s)'", row->id, row->name);
    if (row->id < 0x80)
        fprintf(out, "{-%c,--%s}'[", row->id, row->name);
    else
        fprintf(out, "'%s--%s[", row->repeatable ? "*" : "", row->name);
    zsh_text(out, help, clause_size(help), "\\[]");
    fputc(']', out);
    if (row->value != NULL)
        zsh_value(out, row->value, row->words, row->completion);
    fputc('\'', out);
}

int zsh_options(FILE *out, const char *words)
{
    (void)words;
    for (const struct command *const *command = pages_commands; *command != NULL; command++) {
        int place = 1;
        fprintf(out, "    %s)\n        _arguments", (*command)->name);
        zsh_option(out, &option_row_of_help);
        for (const struct option_group *const *group = (*command)->groups; *group != NULL; group++)
            for (size_t i = 0; i < (*group)->count; i++)
                zsh_option(out, &(*group)->rows[i]);
        for (const struct operand *operand = (*command)->operand; operand != NULL; operand = operand->next) {
            fprintf(out, " \\\n            '%d", place++);
            zsh_value(out, operand->noun == NULL ? "word" : operand->noun, operand->words, operand->completion);
            fputc('\'', out);
        }
        fputs("\n        ;;\n", out);
    }
    return 0;
}
