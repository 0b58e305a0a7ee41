#include "os/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "os/log_writer.h"

/* A log that cannot be written must not stop a worker. */
static void log_write(struct span line)
{
    if (!log_writer_take(line) && write(STDERR_FILENO, line.data, line.size) < 0)
        return;
}

void log_end(struct log_line *line)
{
    if (line->wanted) {
        (void)log_close(line);
        log_write(buf_span(&line->text));
        log_drop(line);
    }
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

void log_plain(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int start = snprintf(text, sizeof(text), "%s", log_priority(LOG_LEVEL_ERROR));
    int size = vsnprintf(text + start, sizeof(text) - 1 - (size_t)start, format, args);
    va_end(args);
    if (size < 0)
        return;
    size += start;
    size = size < (int)sizeof(text) - 1 ? size : (int)sizeof(text) - 2;
    text[size++] = '\n';
    log_write((struct span){text, (size_t)size});
}
