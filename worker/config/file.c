#include "config/source.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/envelope.h"

enum { FILE_MAX = 1 << 20, LINE_MAX_BYTES = 8192 };

/* Debian's libinih lets the program choose its line buffer; others cut at 200 bytes. Weak, so that both will link;
 * line_next() refuses what the buffer cannot hold. */
extern int ini_max_line __attribute__((weak));

/* libinih finds names, values and comments. Lines are handed to it one by one, because it cuts long lines and section
 * names silently, tells handlers no line numbers, and takes an indented line for more of the value before it. */
struct ini_file {
    struct config_source *source;
    const char *path;
    struct span rest;
    int line;
    bool sections_seen[SECTION_COUNT];
    enum config_section section; /* SECTION_COUNT before the first */
    size_t account;
    bool failed;
    struct err *err;
};

static void file_fail(struct ini_file *file, int line, const char *problem)
{
    if (!file->failed)
        err_set(file->err, ERR_USAGE, "%s:%d: %s", file->path, line, problem);
    file->failed = true;
}

static void origin_write(const struct ini_file *file, struct buf *out)
{
    buf_init(out, 4096 + 16); /* PATH_MAX and a number */
    buf_printf(out, "%s:%d", file->path, file->line);
}

static void account_begin(struct ini_file *file, struct span name)
{
    struct err problem;
    size_t known = source_account(file->source, name);
    if (!name_is_valid(name)) {
        err_set(&problem, ERR_USAGE,
                "write [account NAME]; the name has 1 to 63 of the characters a-z 0-9 _ - and begins with a "
                "letter "
                "or digit");
    } else if (known != ACCOUNT_NONE) {
        const struct config_source_account *account = &file->source->accounts[known];
        bool same = span_equal(name, span_of(account->name));
        err_set(&problem, ERR_USAGE, "section [account %.*s] %s%s%s; the first is %s", SPAN_ARGS(name),
                same ? "stands twice" : "differs from [account ", same ? "" : account->name,
                same ? "" : "] only in - and _, which variables' names cannot tell apart", account->origin);
    } else {
        struct buf origin;
        origin_write(file, &origin);
        file->account = source_add_account(file->source, name, origin.data);
        file->section = SECTION_ACCOUNT;
        buf_done(&origin);
        return;
    }
    file_fail(file, file->line, problem.text);
}

static struct span span_trim_start(struct span s)
{
    while (s.size > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = span_skip(s, 1);
    return s;
}

/* `line` begins with '['. */
static void section_begin(struct ini_file *file, struct span line)
{
    struct span behind = span_skip(line, 1);
    struct span inside = span_trim_end(span_trim_start(span_cut(&behind, ']')));
    if (behind.data == NULL) {
        file_fail(file, file->line, "a section's name ends with ]");
        return;
    }
    behind = span_trim_start(behind);
    if (behind.size > 0 && behind.data[0] != ';' && behind.data[0] != '#') {
        file_fail(file, file->line,
                  "something stands behind the section's name; settings have lines of their own");
        return;
    }
    struct span name = inside;
    struct span word = span_cut(&name, ' ');
    enum config_section section = section_find(word);
    struct err problem;
    if (section == SECTION_ACCOUNT) {
        account_begin(file, name.data == NULL ? name : span_trim_start(name));
    } else if (section == SECTION_COUNT || name.data != NULL) {
        section_unknown(inside, &problem);
        file_fail(file, file->line, problem.text);
    } else if (file->sections_seen[section]) {
        err_set(&problem, ERR_USAGE, "section [%s] stands twice; put its settings together",
                section_name(section));
        file_fail(file, file->line, problem.text);
    } else {
        file->sections_seen[section] = true;
        file->section = section;
        file->account = ACCOUNT_NONE;
    }
}

static bool has_control(struct span s)
{
    for (size_t i = 0; i < s.size; i++)
        if (((unsigned char)s.data[i] < 0x20 && s.data[i] != '\t') || s.data[i] == 0x7f)
            return true;
    return false;
}

/* What libinih calls for each next line: like fgets. */
static char *line_next(char *out, int capacity, void *stream)
{
    struct ini_file *file = stream;
    if (file->failed || file->rest.size == 0)
        return NULL;
    file->line++;
    struct span line = span_trim_end(span_trim_start(span_cut(&file->rest, '\n')));
    if (has_control(line)) {
        file_fail(file, file->line, "a control character; the file must be text in UTF-8");
    } else if (line.size + 2 > (size_t)capacity) {
        struct err problem;
        err_set(&problem, ERR_USAGE,
                "the line is longer than %d bytes; set this by its environment variable instead",
                capacity - 2);
        file_fail(file, file->line, problem.text);
    } else if (span_starts(line, SPAN("["))) {
        section_begin(file, line);
    }
    if (file->failed)
        return NULL;
    if (line.size > 0)
        memcpy(out, line.data, line.size);
    memcpy(out + line.size, "\n", 2);
    return out;
}

/* A comment that would become part of the value. */
static const char *value_slip(const char *value)
{
    if (*value == '#' || strstr(value, " #") != NULL || strstr(value, "\t#") != NULL)
        return "a comment behind a value begins with \" ;\"; those with # have lines of their own";
    return NULL;
}

/* What libinih calls for each NAME = VALUE. The section is known from line_next(). */
static int setting_take(void *user, const char *section, const char *name, const char *value)
{
    (void)section;
    struct ini_file *file = user;
    struct err problem = {0};
    const struct setting *setting = setting_find(file->section, span_of(name));
    const char *slip = value_slip(value);
    if (file->section == SECTION_COUNT)
        err_set(&problem, ERR_USAGE, "a setting stands before the first [section]");
    else if (setting == NULL)
        setting_unknown(file->section, span_of(name), &problem);
    else if (slip != NULL)
        err_set(&problem, ERR_USAGE, "%s: %s", name, slip);
    const struct config_entry *first =
        setting == NULL ? NULL : source_find(file->source, setting, file->account);
    if (problem.code == ERR_NONE && first != NULL)
        err_set(&problem, ERR_USAGE, "%s is set twice; the first is %s", name, first->origin);
    if (problem.code != ERR_NONE) {
        file_fail(file, file->line, problem.text);
        return 1;
    }
    struct buf origin;
    origin_write(file, &origin);
    source_add(file->source, setting, file->account, value, origin.data);
    buf_done(&origin);
    return 1;
}

/* The whole file as a buffer, or -1. */
static int file_load(const char *path, struct buf *out, struct err *err)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL && errno == ENOENT)
        return err_set(
            err, ERR_USAGE,
            "%s does not exist; copy the example (deploy/cupbearer.conf; installed: "
            "/usr/share/doc/cupbearer/cupbearer.conf) there and fill it in, or name another file by --config "
            "or CUPBEARER_CONFIG",
            path);
    if (stream == NULL)
        return err_set(err, ERR_USAGE, "cannot open %s: %s", path, strerror(errno));
    char part[4096];
    size_t got;
    while (!out->failed && (got = fread(part, 1, sizeof(part), stream)) > 0)
        buf_add(out, part, got);
    int os = ferror(stream) ? errno : 0;
    fclose(stream);
    if (out->failed)
        return err_set(err, ERR_USAGE, "%s has more than %d bytes; is it the right file?", path, FILE_MAX);
    if (os != 0)
        return err_set(err, ERR_USAGE, "cannot read %s: %s", path, strerror(os));
    return 0;
}

int source_read_file(struct config_source *source, const char *path, struct err *err)
{
    struct buf content;
    buf_init(&content, FILE_MAX);
    if (file_load(path, &content, err) != 0) {
        buf_done(&content);
        return -1;
    }
    struct ini_file file = {
        .source = source, .path = path, .section = SECTION_COUNT, .account = ACCOUNT_NONE, .err = err};
    file.rest = buf_span(&content);
    if (span_starts(file.rest, SPAN("\xef\xbb\xbf"))) /* what some editors put at the beginning */
        file.rest = span_skip(file.rest, 3);
    if (&ini_max_line != NULL)
        ini_max_line = LINE_MAX_BYTES;
    int bad_line = ini_parse_stream(line_next, &file, setting_take, &file);
    if (bad_line > 0) { /* of a line before the one at which we stopped */
        file.failed = false;
        file_fail(&file, bad_line, "the line is neither [section] nor NAME = VALUE nor a comment");
    }
    if (bad_line < 0)
        file_fail(&file, file.line, "no memory to read it");
    buf_done(&content);
    return file.failed ? -1 : 0;
}
