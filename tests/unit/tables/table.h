/* Text tables for the tests. A line is a row, its cells stand between " | "; lines that are empty or begin with # say
 * nothing. <<text*count>> in a cell stands for that many times text, <<0xff>> for one byte. Include it behind
 * cmocka.h. */
#ifndef UNIT_TABLES_TABLE_H
#define UNIT_TABLES_TABLE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

#define TABLE_CELLS    3
#define TABLE_LINE_MAX (1u << 20)

struct table {
    const char *path;
    FILE *file;
    char *raw;
    size_t raw_size;
    int line, wrong;
    struct buf text;
    struct span cells[TABLE_CELLS]; /* {NULL, 0} behind the last */
};

/* Says what is wrong with the row; the test fails at table_done. */
#define table_wrong(table, ...)                                                                              \
    do {                                                                                                     \
        print_error("%s:%d: ", (table)->path, (table)->line);                                                \
        print_error(__VA_ARGS__);                                                                            \
        print_error("\n");                                                                                   \
        (table)->wrong++;                                                                                    \
    } while (0)

/* The same for a row that cannot be read at all. */
#define table_broken(table, text) fail_msg("%s:%d: %s", (table)->path, (table)->line, text)

static inline void table_init(struct table *table, const char *path)
{
    *table = (struct table){.path = path, .file = fopen(path, "r")};
    if (table->file == NULL)
        fail_msg("cannot open %s", path);
    buf_init(&table->text, TABLE_LINE_MAX);
}

static inline void table_done(struct table *table)
{
    fclose(table->file);
    free(table->raw);
    buf_done(&table->text);
    assert_int_equal(table->wrong, 0);
}

/* What stands between << and >>. */
static inline void table_expand(struct table *table, struct span inside)
{
    if (span_starts(inside, SPAN("0x"))) {
        char byte = (char)strtoul(inside.data + 2, NULL, 16);
        buf_add(&table->text, &byte, 1);
        return;
    }
    const char *star = memchr(inside.data, '*', inside.size);
    if (star == NULL)
        table_broken(table, "neither <<text*count>> nor <<0xff>>");
    for (unsigned long left = strtoul(star + 1, NULL, 10); left > 0; left--)
        buf_add(&table->text, inside.data, (size_t)(star - inside.data));
}

static inline void table_unfold(struct table *table, const char *raw)
{
    const char *open;
    buf_clear(&table->text);
    while ((open = strstr(raw, "<<")) != NULL) {
        const char *close = strstr(open, ">>");
        if (close == NULL)
            table_broken(table, "<< without >>");
        buf_add(&table->text, raw, (size_t)(open - raw));
        table_expand(table, (struct span){open + 2, (size_t)(close - open - 2)});
        raw = close + 2;
    }
    buf_add_text(&table->text, raw);
    if (table->text.failed)
        table_broken(table, "the row is too long");
}

/* The next row, in table->cells until the call after; false at the end. */
static inline bool table_next(struct table *table)
{
    ssize_t got;
    do {
        got = getline(&table->raw, &table->raw_size, table->file);
        if (got < 0)
            return false;
        table->line++;
        if (table->raw[got - 1] == '\n')
            table->raw[got - 1] = 0;
    } while (table->raw[0] == '#' || table->raw[0] == 0);
    table_unfold(table, table->raw);
    struct span rest = buf_span(&table->text);
    for (size_t i = 0; i < TABLE_CELLS; i++) {
        table->cells[i] = rest;
        const char *bar = rest.data == NULL ? NULL : memmem(rest.data, rest.size, " | ", 3);
        if (bar == NULL) {
            rest = SPAN_NONE;
        } else {
            table->cells[i].size = (size_t)(bar - rest.data);
            rest = span_skip(rest, table->cells[i].size + 3);
        }
    }
    if (rest.data != NULL)
        table_broken(table, "too many cells");
    return true;
}

/* Whether the place is the member that the text begins with, as in "to.customer_id: is not a UUID"; none where it begins with
 * another word. A member's own name may have spaces. */
static inline bool table_place_fits(const char *text, struct span place)
{
    size_t word = strcspn(text, " ");
    bool begins = word > 1 && text[word - 1] == ':';
    if (place.size == 0)
        return !begins;
    return strncmp(text, place.data, place.size) == 0 && strncmp(text + place.size, ": ", 2) == 0 &&
           (!begins || place.size == word - 1);
}

/* A copy that ends where its memory ends, so that a sanitizer sees a read behind it; free() it. */
static inline char *table_exact(struct span s)
{
    char *copy = malloc(s.size == 0 ? 1 : s.size);
    if (copy == NULL)
        abort();
    if (s.size > 0)
        memcpy(copy, s.data, s.size);
    return copy;
}

#endif
