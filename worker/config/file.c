#include "config/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/envelope.h"

enum { FILE_MAX = 1 << 20 };

struct ini_file {
    struct config_source *source;
    const char *path;
    int line;
    bool sections_seen[SECTION_COUNT];
    enum config_section section; /* SECTION_COUNT before the first */
    size_t account;
    bool is_unknown; /* the section: what stands in it means nothing, and is no mistake of its own */
    bool failed;
    struct err *err;
};

static void file_fail(struct ini_file *file, const char *problem)
{
    if (file->failed)
        return;
    err_set(file->err, ERR_USAGE, "%s:%d: %s", file->path, file->line, problem);
    file->failed = source_mistake(file->source, file->err) != 0;
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
        file->is_unknown = false;
        buf_done(&origin);
        return;
    }
    file_fail(file, problem.text);
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
    file->is_unknown = true; /* until it is known */
    struct span behind = span_skip(line, 1);
    struct span inside = span_trim_end(span_trim_start(span_cut(&behind, ']')));
    if (behind.data == NULL) {
        file_fail(file, "a section's name ends with ]");
        return;
    }
    behind = span_trim_start(behind);
    if (behind.size > 0 && behind.data[0] != ';' && behind.data[0] != '#') {
        file_fail(file,
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
        file_fail(file, problem.text);
    } else if (file->sections_seen[section]) {
        err_set(&problem, ERR_USAGE, "section [%s] stands twice; put its settings together",
                section_name(section));
        file_fail(file, problem.text);
    } else {
        file->sections_seen[section] = true;
        file->section = section;
        file->account = ACCOUNT_NONE;
        file->is_unknown = false;
    }
}

static bool has_control(struct span s)
{
    for (size_t i = 0; i < s.size; i++)
        if (((unsigned char)s.data[i] < 0x20 && s.data[i] != '\t') || s.data[i] == 0x7f)
            return true;
    return false;
}

/* A comment that would become part of the value. */
static const char *value_mistake(const char *value)
{
    if (*value == '#' || strstr(value, " #") != NULL || strstr(value, "\t#") != NULL)
        return "a comment behind a value begins with \" ;\"; those with # have lines of their own";
    return NULL;
}

static void setting_take(struct ini_file *file, struct span name, const char *value)
{
    struct err problem = {0};
    if (file->is_unknown)
        return;
    const struct setting *setting = setting_find(file->section, name);
    const char *mistake = value_mistake(value);
    if (file->section == SECTION_COUNT)
        err_set(&problem, ERR_USAGE, "a setting stands before the first [section]");
    else if (setting == NULL)
        setting_unknown(file->section, name, &problem);
    else if (mistake != NULL)
        err_set(&problem, ERR_USAGE, "%s: %s", setting->name, mistake);
    const struct config_entry *first =
        setting == NULL ? NULL : source_find(file->source, setting, file->account);
    if (problem.code == ERR_NONE && first != NULL)
        err_set(&problem, ERR_USAGE, "%s is set twice; the first is %s", setting->name, first->origin);
    if (problem.code != ERR_NONE) {
        file_fail(file, problem.text);
        return;
    }
    struct buf origin;
    origin_write(file, &origin);
    source_add(file->source, setting, file->account, value, origin.data);
    buf_done(&origin);
}

/* The line up to a comment: a ; behind white space. */
static struct span comment_cut(struct span line)
{
    for (size_t i = 1; i < line.size; i++)
        if (line.data[i] == ';' && (line.data[i - 1] == ' ' || line.data[i - 1] == '\t'))
            return span_trim_end((struct span){line.data, i});
    return line;
}

/* NAME = VALUE, or NAME: VALUE. */
static void setting_read(struct ini_file *file, struct span line)
{
    struct span rest = comment_cut(line);
    size_t size = 0;
    while (size < rest.size && rest.data[size] != '=' && rest.data[size] != ':')
        size++;
    if (size == rest.size) {
        file_fail(file, "the line is neither [section] nor NAME = VALUE nor a comment");
        return;
    }
    char *value = mem_copy(span_trim_start(span_skip(rest, size + 1)));
    setting_take(file, span_trim_end((struct span){rest.data, size}), value);
    free(value);
}

static void line_read(struct ini_file *file, struct span line)
{
    line = span_trim_end(span_trim_start(line));
    if (has_control(line))
        file_fail(file, "a control character; the file must be text in UTF-8");
    else if (span_starts(line, SPAN("[")))
        section_begin(file, line);
    else if (line.size > 0 && line.data[0] != ';' && line.data[0] != '#')
        setting_read(file, line);
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
    struct span rest = buf_span(&content);
    if (span_starts(rest, SPAN("\xef\xbb\xbf"))) /* what some editors put at the beginning */
        rest = span_skip(rest, 3);
    while (rest.size > 0 && !file.failed) {
        file.line++;
        line_read(&file, span_cut(&rest, '\n'));
    }
    buf_done(&content);
    return file.failed ? -1 : 0;
}
