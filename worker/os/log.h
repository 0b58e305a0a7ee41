/* Logs: one logfmt line per thing that happened, on standard error, in one write, so that threads do not mix; by the
 * thread of os/log_writer where one runs. Foreign text is quoted and escaped. Never bodies, keys, signatures or secrets. */
#ifndef OS_LOG_H
#define OS_LOG_H

#include "os/log_line.h"

/* Ends a line and writes it. */
void log_end(struct log_line *line);

/* A line with one text, for the many that need no more: event=NAME detail="...". */
void log_say(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What a person reads when a process cannot go on, as it is, behind the lines of the log that were written before. */
void log_plain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
