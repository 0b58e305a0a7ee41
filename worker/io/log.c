#include "io/log.h"

#include <stdio.h>
#include <unistd.h>

#include "base/time_text.h"
#include "base/utf8.h"
#include "io/clock.h"

#define LINE_MAX_SIZE 8192

static const char *const level_words[] = {"error", "warning", "info", "debug"};
static enum log_level wanted_level = LOG_LEVEL_INFO;

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

void log_begin(struct log_line *line, enum log_level level, const char *event)
{
    *line = (struct log_line){.wanted = level <= wanted_level};
    if (!line->wanted)
        return;
    buf_init(&line->text, LINE_MAX_SIZE);
    char at[21];
    int64_t ms = clock_now().wall.ms;
    time_text_write(at, ms);
    at[19] = 0; /* the Z comes behind the fraction */
    buf_printf(&line->text, "ts=%s.%03dZ level=%s event=%s", at, (int)(ms % 1000), level_words[level], event);
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

void log_end(struct log_line *line)
{
    if (!line->wanted)
        return;
    buf_add_text(&line->text, "\n");
    /* A log that cannot be written must not stop a worker. */
    if (line->text.size > 0 && write(STDERR_FILENO, line->text.data, line->text.size) < 0)
        line->wanted = false;
    buf_done(&line->text);
}

void log_say(enum log_level level, const char *event, const char *format, ...)
{
    struct log_line line;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    log_begin(&line, level, event);
    log_text(&line, "detail", span_of(text));
    log_end(&line);
}
