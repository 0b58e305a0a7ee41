/* Makes of worker/config/settings.def what people read of the settings: deploy/cupbearer.conf, and the settings of
 * deploy/cupbearer.1. Without --write it compares: 0 where both are what the table says, 1 where not. Defaults that the
 * READMEs repeat are compared, too: `NAME` (VALUE). */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/config.h"
#include "config/settings.h"
#include "config/value.h"

#define CONF   TESTS_DIR "/../deploy/cupbearer.conf"
#define MANUAL TESTS_DIR "/../deploy/cupbearer.1"

enum { DOCUMENT_MAX = 1 << 20, TEXT_MAX = 2048, CONF_WIDTH = 110, MANUAL_WIDTH = 80 };

enum row_kind { ROW_SECTION, ROW_PROPERTIES, ROW_SETTING };

/* The table once more, with what the program itself does not need: settings in the order of settings[]. */
static const struct row {
    enum row_kind kind;
    const char *example;
    const char *help;
} rows[] = {
#define SECTION(name, word, help) {ROW_SECTION, NULL, help},
#define PROPERTIES(help)          {ROW_PROPERTIES, NULL, help},
#define SETTING(section, name, type, member, required, fallback, min, max, example, help)                    \
    {ROW_SETTING, example, help},
#include "config/settings.def"
};

static const char conf_head[] =
    "# The configuration of cupbearer. Every setting is here, with its default where it has one; take a # away to change it.\n"
    "# Made of worker/config/settings.def by settings_documents --write.\n"
    "#\n"
    "# * Lines are NAME = VALUE, without quotes. A comment has a line of its own, or stands behind a value after \" ;\".\n"
    "# * Durations have a unit: 500ms, 90s, 10m, 1h, 7d. Sizes too: 256KiB, 64MiB, 1GiB. The rest is true, false or a number.\n"
    "# * Each setting can be overridden by a variable named after section and setting, in capitals, with _ for . and -:\n"
    "#   CUPBEARER_KAFKA_BOOTSTRAP_SERVERS, CUPBEARER_KAFKA_SECURITY_PROTOCOL, CUPBEARER_ACCOUNT_ACME_URL. Variables may also\n"
    "#   name accounts that this file lacks. A CUPBEARER_ variable that names no setting is an error.\n"
    "# * Secrets stand in files of their own, and white space at the end of such a file does not count. Paths that do not\n"
    "#   begin with / start at the worker's working directory.\n";

static const char manual_begin[] = ".\\\" To ENVIRONMENT: made of worker/config/settings.def by settings_documents --write.\n";
static const char manual_end[] = ".Sh ENVIRONMENT\n";

/* The help, and what else the table says in words. */
static void text_of(const struct setting *setting, const char *help, struct buf *out)
{
    buf_init(out, TEXT_MAX);
    buf_add_text(out, help);
    struct buf range;
    buf_init(&range, 64);
    value_range_write(setting, &range);
    if (setting->required)
        buf_add_text(out, " Required.");
    if (range.size > 0)
        buf_printf(out, " From %s.", range.data);
    if (help[0] == 0 && out->size > 0) {
        fprintf(stderr, "%s needs a help of its own\n", setting->name);
        exit(2);
    }
    buf_done(&range);
    assert(!out->failed);
}

/* ---- deploy/cupbearer.conf ---- */

static void conf_comment(struct buf *out, const char *text)
{
    struct span rest = span_of(text);
    size_t column = 0;
    while (rest.size > 0) {
        struct span word = span_cut(&rest, ' ');
        bool begins = column == 0 || column + 1 + word.size > CONF_WIDTH;
        column = begins ? 1 + word.size : column + word.size;
        buf_add_text(out, !begins ? " " : out->data[out->size - 1] == '\n' ? "# " : "\n# ");
        buf_add_span(out, word);
        column++;
    }
    buf_add_text(out, "\n");
}

static void conf_setting(struct buf *out, const struct setting *setting, const struct row *row, bool first)
{
    if (row->help[0] != 0) {
        struct buf text;
        text_of(setting, row->help, &text);
        buf_add_text(out, first ? "" : "\n");
        conf_comment(out, text.data);
        buf_done(&text);
    }
    const char *value = setting->fallback != NULL ? setting->fallback : row->example;
    buf_printf(out, "%s%s = %s\n", setting->required ? "" : "#", setting->name, value);
}

static void conf_write(struct buf *out)
{
    const struct setting *setting = settings;
    unsigned section = 0;
    buf_add_text(out, conf_head);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        if (row->kind == ROW_SETTING) {
            conf_setting(out, setting++, row, row[-1].kind == ROW_SECTION && row[-1].help[0] == 0);
            continue;
        }
        const char *name = section_name((enum config_section)section);
        if (row->kind == ROW_SECTION)
            buf_printf(out, "\n[%s]\n", section == SECTION_ACCOUNT ? "account acme" : name);
        else
            buf_add_text(out, "\n");
        section += row->kind == ROW_SECTION;
        if (row->help[0] != 0)
            conf_comment(out, row->help);
    }
}

/* ---- deploy/cupbearer.1 ---- */

/* Whether the word names a setting and cannot be a word of English. */
static bool is_setting(struct span word)
{
    if (memchr(word.data, '_', word.size) == NULL && memchr(word.data, '.', word.size) == NULL)
        return false;
    for (size_t i = 0; i < settings_count; i++)
        if (span_equal(word, span_of(settings[i].name)))
            return true;
    return false;
}

/* Text in mdoc: a sentence begins a line, and what names a setting stands in a macro, the punctuation behind it apart. */
static void manual_text(struct buf *out, const char *text)
{
    struct span rest = span_of(text);
    size_t column = 0;
    while (rest.size > 0) {
        struct span word = span_cut(&rest, ' '), name = word;
        while (name.size > 0 && strchr(".,;:)", name.data[name.size - 1]) != NULL)
            name.size--;
        bool macro = is_setting(name), begins = macro || column == 0 || column + 1 + word.size > MANUAL_WIDTH;
        if (column > 0)
            buf_add_text(out, begins ? "\n" : " ");
        buf_add_text(out, macro ? ".Cm " : "");
        buf_add_span(out, macro ? name : word);
        for (size_t i = name.size; macro && i < word.size; i++)
            buf_printf(out, " %c", word.data[i]);
        char last = word.data[word.size - (word.size > 1 && word.data[word.size - 1] == ')' ? 2 : 1)];
        bool ends = macro || last == '.' || last == '?' || rest.size == 0;
        column = ends ? 0 : (begins ? 0 : column + 1) + word.size;
        buf_add_text(out, ends ? "\n" : "");
    }
}

static void manual_setting(struct buf *out, const struct setting *setting, const char *help, bool shares)
{
    buf_printf(out, ".It Cm %s", setting->name);
    if (setting->fallback != NULL)
        buf_printf(out, " No = %s", setting->fallback);
    buf_add_text(out, "\n");
    if (shares)
        return;
    struct buf text;
    text_of(setting, help, &text);
    manual_text(out, text.data);
    buf_done(&text);
}

static void manual_write(struct buf *out)
{
    const size_t count = sizeof(rows) / sizeof(rows[0]);
    const struct setting *setting = settings;
    unsigned section = 0;
    const struct row *group = NULL; /* whose help is of those that follow without one, too */
    buf_add_text(out, manual_begin);
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        if (row->kind == ROW_SECTION)
            buf_printf(out, ".Ss Section %s\n", section_name((enum config_section)section++));
        if (row->kind == ROW_PROPERTIES)
            buf_add_text(out, ".El\n.Pp\n");
        if (row->kind != ROW_SETTING) {
            manual_text(out, row->help);
            buf_add_text(out, ".Bl -tag -width Ds\n");
            continue;
        }
        bool last = i + 1 == count || rows[i + 1].kind != ROW_SETTING;
        group = row->help[0] != 0 ? row : group;
        bool shares = !last && rows[i + 1].help[0] == 0;
        assert(group != NULL && !(shares && setting->required));
        manual_setting(out, setting++, group->help, shares);
        if (i + 1 == count || rows[i + 1].kind == ROW_SECTION)
            buf_add_text(out, ".El\n");
    }
}

/* ---- files ---- */

static void file_read(const char *path, struct buf *out)
{
    buf_init(out, DOCUMENT_MAX);
    FILE *file = fopen(path, "re");
    char part[4096];
    size_t got;
    while (file != NULL && (got = fread(part, 1, sizeof(part), file)) > 0)
        buf_add(out, part, got);
    if (file == NULL || fclose(file) != 0 || out->size == 0 || out->failed) {
        perror(path);
        exit(2);
    }
}

static void file_write(const char *path, struct span text)
{
    FILE *file = fopen(path, "we");
    bool written = file != NULL && fwrite(text.data, 1, text.size, file) == text.size;
    if (file == NULL || fclose(file) != 0 || !written) {
        perror(path);
        exit(2);
    }
}

/* The file with `made` in place of what it has between `begin` and `end`. */
static int document_settle(const char *path, const struct buf *now, size_t begin, size_t end, const struct buf *made, bool write)
{
    struct buf whole;
    buf_init(&whole, DOCUMENT_MAX);
    buf_add(&whole, now->data, begin);
    buf_add_span(&whole, buf_span(made));
    buf_add(&whole, now->data + end, now->size - end);
    assert(!whole.failed && !made->failed);
    size_t line = 1, at = 0;
    for (; at < whole.size && at < now->size && whole.data[at] == now->data[at]; at++)
        line += whole.data[at] == '\n';
    bool same = at == whole.size && at == now->size;
    if (!same && write)
        file_write(path, buf_span(&whole));
    else if (!same)
        fprintf(stderr, "%s:%zu is not as worker/config/settings.def has it; correct that, then make it anew: settings_documents --write\n",
                path, line);
    buf_done(&whole);
    return same || write ? 0 : 1;
}

/* Each `NAME` (VALUE) and `NAME` (default VALUE) of the document whose value begins with a digit: the setting's default, but
 * for spaces. How many of them say something else. */
static int defaults_check(const char *path, const struct buf *text, const struct setting *setting)
{
    char mention[64], value[32];
    int wrong = 0;
    snprintf(mention, sizeof(mention), "%s` (", setting->name);
    for (const char *at = text->data; (at = strstr(at, mention)) != NULL;) {
        const char *before = at;
        at += strlen(mention);
        at += strncmp(at, "default ", 8) == 0 ? 8 : 0;
        size_t size = 0;
        for (const char *c = at; *c != ')' && *c != 0 && size + 1 < sizeof(value); c++)
            if (*c != ' ')
                value[size++] = *c;
        value[size] = 0;
        bool whole = before > text->data && (before[-1] == '`' || before[-1] == ' '); /* not the end of a longer name */
        if (!whole || *at < '0' || *at > '9' || strcmp(value, setting->fallback) == 0)
            continue;
        fprintf(stderr, "%s says `%s` (%s), worker/config/settings.def %s\n", path, setting->name, value, setting->fallback);
        wrong++;
    }
    return wrong;
}

static int readmes_check(void)
{
    static const char *const paths[] = {TESTS_DIR "/../README.md", TESTS_DIR "/../include/README.md",
                                        TESTS_DIR "/../deploy/README.md", TESTS_DIR "/../worker/gate/README.md"};
    int wrong = 0;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct buf text;
        file_read(paths[i], &text);
        for (size_t j = 0; j < settings_count; j++)
            if (settings[j].fallback != NULL)
                wrong += defaults_check(paths[i], &text, &settings[j]);
        buf_done(&text);
    }
    return wrong;
}

int main(int argc, char **argv)
{
    bool write = argc == 2 && strcmp(argv[1], "--write") == 0;
    if (argc > 1 && !write) {
        fprintf(stderr, "settings_documents [--write]: compare deploy/cupbearer.conf and deploy/cupbearer.1 with the table of "
                        "settings, or write them\n");
        return 2;
    }
    struct buf now, made;
    file_read(CONF, &now);
    buf_init(&made, DOCUMENT_MAX);
    conf_write(&made);
    int result = document_settle(CONF, &now, 0, now.size, &made, write);
    buf_done(&now);
    buf_done(&made);

    file_read(MANUAL, &now);
    buf_init(&made, DOCUMENT_MAX);
    manual_write(&made);
    const char *begin = strstr(now.data, manual_begin), *end = strstr(now.data, manual_end);
    if (begin == NULL || end == NULL || end < begin) {
        fprintf(stderr, "%s lacks the line %s or %s", MANUAL, manual_begin, manual_end);
        return 2;
    }
    result |= document_settle(MANUAL, &now, (size_t)(begin - now.data), (size_t)(end - now.data), &made, write);
    buf_done(&now);
    buf_done(&made);
    return readmes_check() > 0 ? 1 : result;
}
