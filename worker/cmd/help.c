#include "cmd/help.h"

#include <stdio.h>
#include <string.h>

#include "cmd/failure.h"

#define WIDTH       79
#define LABEL_MOST  26 /* a longer option stands on a line of its own */
#define TEXT_MAX    4096

/* "error, warning or info" of "error warning info". */
static void words_add(struct buf *out, const char *words)
{
    while (*words != 0) {
        size_t size = strcspn(words, " ");
        buf_add(out, words, size);
        words += size + strspn(words + size, " ");
        if (*words != 0)
            buf_add_text(out, words[strcspn(words, " ")] == 0 ? " or " : ", ");
    }
}

void help_row_text(struct buf *out, const struct option_row *row)
{
    const char *text = option_row_help(row), *place = strstr(text, "{}");
    if (row->words != NULL && place != NULL) {
        buf_add(out, text, (size_t)(place - text));
        words_add(out, row->words);
        text = place + 2;
    }
    buf_add_text(out, text);
    if (row->repeatable)
        buf_add_text(out, "; repeatable");
}

static void spaces_print(size_t count)
{
    printf("%*s", (int)count, "");
}

/* Fills lines of at most WIDTH with the words of one line of text; `column` is where the first one begins. */
static void words_print(const char *text, size_t size, size_t column, size_t indent)
{
    size_t at = column;
    while (size > 0) {
        const char *blank = memchr(text, ' ', size);
        size_t word = blank == NULL ? size : (size_t)(blank - text);
        if (at > column && at + 1 + word > WIDTH) {
            putchar('\n');
            spaces_print(indent);
            at = column = indent;
        } else if (at > column) {
            putchar(' ');
            at++;
        }
        fwrite(text, 1, word, stdout);
        at += word;
        size -= word + (blank != NULL);
        text += word + (blank != NULL);
    }
}

/* Each line of the text filled by itself: one that begins with spaces keeps them. */
static void paragraphs_print(const char *text)
{
    for (size_t size; *text != 0; text += size + (text[size] == '\n')) {
        size = strcspn(text, "\n");
        size_t indent = strspn(text, " ");
        spaces_print(indent);
        words_print(text + indent, size - indent, indent, indent);
        putchar('\n');
    }
}

static void usage_print(const struct command *command)
{
    int indent = (int)(2 + strlen(failure_program()) + 1 + strlen(command->name));
    for (const char *line = command->usage; *line != 0; line += strcspn(line, "\n"), line += *line == '\n') {
        int size = (int)strcspn(line, "\n");
        if (*line == ' ')
            printf("%*s%.*s\n", indent, "", size, line);
        else
            printf("  %s %s%s%.*s\n", failure_program(), command->name, size == 0 ? "" : " ", size, line);
    }
}

/* "  -c, --config FILE". Returns its length. */
static size_t label_write(char out[80], const struct option_row *row)
{
    char letter[] = {'-', (char)row->id, ',', 0};
    int size = snprintf(out, 80, "  %s --%s%s%s", row->id < 0x80 ? letter : "   ", row->name,
                        row->value == NULL ? "" : " ", row->value == NULL ? "" : row->value);
    return (size_t)size;
}

static size_t column_of(const struct command *command)
{
    char label[80];
    size_t column = label_write(label, &option_row_of_help);
    for (const struct option_group *const *group = command->groups; *group != NULL; group++)
        for (size_t i = 0; i < (*group)->count; i++) {
            size_t size = label_write(label, &(*group)->rows[i]);
            column = size > column && size <= LABEL_MOST ? size : column;
        }
    return column + 2;
}

void help_item_print(const char *head, size_t indent, const char *text)
{
    fputs(head, stdout);
    spaces_print(indent - strlen(head));
    words_print(text, strlen(text), indent, indent);
    putchar('\n');
}

static void row_print(const struct option_row *row, size_t column)
{
    char label[80];
    size_t size = label_write(label, row);
    fputs(label, stdout);
    if (row->help != NULL) {
        struct buf text;
        buf_init(&text, TEXT_MAX);
        help_row_text(&text, row);
        if (size + 2 > column)
            putchar('\n');
        spaces_print(size + 2 > column ? column : column - size);
        words_print(text.data, text.size, column, column);
        buf_done(&text);
    }
    putchar('\n');
}

void help_print(const struct command *command)
{
    size_t column = column_of(command);
    printf("%s %s: ", failure_program(), command->name);
    words_print(command->purpose, strlen(command->purpose),
                strlen(failure_program()) + strlen(command->name) + 3, 2);
    fputs("\n\n", stdout);
    usage_print(command);
    putchar('\n');
    paragraphs_print(command->about);
    for (const struct option_group *const *group = command->groups; *group != NULL; group++) {
        if ((*group)->title != NULL || group == command->groups)
            putchar('\n');
        if ((*group)->title != NULL)
            printf("%s:\n", (*group)->title);
        for (size_t i = 0; i < (*group)->count; i++)
            row_print(&(*group)->rows[i], column);
    }
    row_print(&option_row_of_help, column);
    putchar('\n');
    paragraphs_print(command->end);
}
