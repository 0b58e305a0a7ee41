#include "os/log_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time_text.h"
#include "base/utf8.h"
#include "os/clock.h"

static const char *const level_words[] = {"error", "warning", "info", "debug"};
static const char *const level_priorities[] = {"<3>", "<4>", "<6>", "<7>"};
static enum log_level wanted_level = LOG_LEVEL_INFO;
static bool to_journal;

bool log_set_level(const char *word)
{
    for (size_t i = 0; i < sizeof(level_words) / sizeof(level_words[0]); i++) {
        if (strcmp(word, level_words[i]) == 0) {
            wanted_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_find_journal(void)
{
    unsigned long long device, inode;
    struct stat at;
    const char *text = getenv("JOURNAL_STREAM");
    to_journal = text != NULL && sscanf(text, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &at) == 0 &&
                 at.st_dev == device && at.st_ino == inode;
}

const char *log_priority(enum log_level level)
{
    return to_journal ? level_priorities[level] : "";
}

static void log_start(struct log_line *line, enum log_level level, const char *event)
{
    buf_init(&line->text, LOG_LINE_MAX);
    buf_add_text(&line->text, log_priority(level));
    line->priority = line->text.size;
    char at[21];
    int64_t ms = clock_now().wall.ms;
    time_text_write(at, ms);
    at[19] = 0; /* the Z comes behind the fraction */
    buf_printf(&line->text, "ts=%s.%03dZ level=%s event=%s", at, (int)(ms % 1000), level_words[level], event);
}

void log_begin(struct log_line *line, enum log_level level, const char *event)
{
    *line = (struct log_line){.wanted = level <= wanted_level};
    if (line->wanted)
        log_start(line, level, event);
}

void log_begin_always(struct log_line *line, enum log_level level, const char *event)
{
    *line = (struct log_line){.wanted = true};
    log_start(line, level, event);
}

static bool log_is_plain(struct span value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] <= ' ' || value.data[i] > '~' || strchr("\"=\\", value.data[i]) != NULL)
            return false;
    return value.size > 0;
}

static void log_quote(struct buf *out, struct span value)
{
    size_t at = 0;
    buf_add_text(out, "\"");
    while (at < value.size) {
        size_t start = at;
        int32_t point = utf8_next(value, &at);
        if (point == '"' || point == '\\')
            buf_printf(out, "\\%c", (char)point);
        else if (point < 0)
            buf_printf(out, "\\x%02x", (unsigned char)value.data[start]);
        else if (utf8_invisible(point))
            buf_printf(out, "\\u%04x", (unsigned)point);
        else
            buf_add(out, value.data + start, at - start);
    }
    buf_add_text(out, "\"");
}

void log_text(struct log_line *line, const char *name, struct span value)
{
    if (!line->wanted || value.data == NULL)
        return;
    buf_printf(&line->text, " %s=", name);
    if (log_is_plain(value))
        buf_add_span(&line->text, value);
    else
        log_quote(&line->text, value);
}

void log_number(struct log_line *line, const char *name, long long value)
{
    if (line->wanted)
        buf_printf(&line->text, " %s=%lld", name, value);
}

bool log_close(struct log_line *line)
{
    bool whole = !line->text.failed;
    line->text.failed = false;
    if (line->text.size == LOG_LINE_MAX)
        line->text.size--;
    buf_add_text(&line->text, "\n");
    return whole;
}

int log_end_at(struct log_line *line, int fd)
{
    bool cut = !log_close(line);
    struct span text = span_skip(buf_span(&line->text), line->priority);
    ssize_t written = write(fd, text.data, text.size);
    int os = written < 0 ? errno : cut ? EMSGSIZE : ENOSPC;
    bool whole = written == (ssize_t)text.size && !cut;
    log_drop(line);
    errno = os;
    return whole ? 0 : -1;
}

size_t log_end_into(struct log_line *line, char out[LOG_LINE_MAX])
{
    (void)log_close(line);
    size_t size = line->text.size;
    memcpy(out, line->text.data, size);
    log_drop(line);
    return size;
}

void log_drop(struct log_line *line)
{
    buf_done(&line->text);
    line->wanted = false;
}
