#include "pages/pages.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "cmd/help.h"

#define WIDTH    78 /* of a line of source */
#define TEXT_MAX 4096

static const struct option_group *written[256];
static size_t written_count;

static const struct option_group *group_find(const char *name, size_t size)
{
    for (const struct command *const *command = pages_commands; *command != NULL; command++)
        for (const struct option_group *const *group = (*command)->groups; *group != NULL; group++)
            if (strlen((*group)->name) == size && memcmp((*group)->name, name, size) == 0)
                return *group;
    return NULL;
}

/* Whether the capitals at text are a word of what the value is called, as NAME in NAME=VALUE. */
static size_t value_size(const char *text, const char *value)
{
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    if (size == 0 || value == NULL)
        return 0;
    for (const char *at = value; *at != 0; at++) {
        size_t capitals = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        if (capitals == size && memcmp(at, text, size) == 0)
            return size;
        at += capitals > 0 ? capitals - 1 : 0;
    }
    return 0;
}

static void lower_add(struct buf *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = (char)tolower((unsigned char)text[i]);
        buf_add(out, &c, 1);
    }
}

/* A word of a text, as roff wants it: minus signs in options, values in italics and small as in the synopsis. */
static void word_add(struct buf *out, const char *word, size_t size, const char *value)
{
    bool is_option = word[0] == '-';
    for (size_t i = 0; i < size; i++) {
        bool begins = i == 0 || !isalnum((unsigned char)word[i - 1]);
        size_t capitals = begins ? value_size(word + i, value) : 0;
        if (capitals > 0 && !isalnum((unsigned char)word[i + capitals])) {
            buf_add_text(out, "\\fI");
            lower_add(out, word + i, capitals);
            buf_add_text(out, "\\fP");
            i += capitals - 1;
        } else if (word[i] == '\\') {
            buf_add_text(out, "\\e");
        } else {
            buf_add_text(out, word[i] == '-' && is_option ? "\\" : "");
            buf_add(out, word + i, 1);
        }
    }
}

/* In lines, a new one for each sentence: a period at the end of a line is the end of one. */
static void text_write(FILE *out, const char *text, const char *value)
{
    size_t column = 0;
    bool first = true, ended = false;
    while (*text != 0) {
        size_t size = strcspn(text, " ");
        struct buf word;
        buf_init(&word, TEXT_MAX);
        word_add(&word, text, size, value);
        bool breaks = column > 0 && (ended || column + 1 + word.size > WIDTH);
        if (column > 0)
            fputc(breaks ? '\n' : ' ', out);
        if (breaks)
            column = 0;
        if (column == 0 && (word.data[0] == '.' || word.data[0] == '\''))
            fputs("\\&", out);
        if (first)
            word.data[0] = (char)toupper((unsigned char)word.data[0]);
        fputs(word.data, out);
        column += word.size + (column > 0);
        first = false;
        ended = size > 1 && text[size - 1] == '.' && text[size] == ' ';
        text += size + strspn(text + size, " ");
        buf_done(&word);
    }
}

static void row_write(FILE *out, const struct option_row *row)
{
    struct buf text;
    fputs(".It Fl ", out);
    if (row->id < 0x80)
        fprintf(out, "%c , ", row->id);
    fprintf(out, "-%s", row->name);
    buf_init(&text, TEXT_MAX);
    if (row->value != NULL) {
        lower_add(&text, row->value, strlen(row->value));
        fprintf(out, " Ar %s", text.data);
        buf_clear(&text);
    }
    fputc('\n', out);
    if (row->help != NULL) {
        help_row_text(&text, row);
        text_write(out, text.data, row->value);
        fputs(".\n", out);
    }
    if (row->help != NULL && row->more != NULL) {
        text_write(out, row->more, row->value);
        fputs(".\n", out);
    }
    buf_done(&text);
}

int man_options(FILE *out, const char *words)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t size; (words += strspn(words, " \n")), *words != 0; words += size) {
        size = strcspn(words, " \n");
        const struct option_group *group = group_find(words, size);
        if (group == NULL) {
            fprintf(stderr, "deploy/cupbearer.1: no command has a group of options '%.*s'\n", (int)size, words);
            return -1;
        }
        if (written_count < sizeof(written) / sizeof(written[0]))
            written[written_count++] = group;
        for (size_t i = 0; i < group->count; i++)
            row_write(out, &group->rows[i]);
    }
    fputs(".El\n", out);
    return 0;
}

static bool group_is_written(const struct option_group *group)
{
    for (size_t i = 0; i < written_count; i++)
        if (written[i] == group)
            return true;
    return false;
}

int man_is_whole(void)
{
    for (const struct command *const *command = pages_commands; *command != NULL; command++)
        for (const struct option_group *const *group = (*command)->groups; *group != NULL; group++)
            if (!group_is_written(*group)) {
                fprintf(stderr, "deploy/cupbearer.1: add the line  .\\\" OPTIONS %s  where %s is described\n",
                        (*group)->name, (*command)->name);
                return -1;
            }
    return 0;
}
