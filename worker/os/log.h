/* Logs: one logfmt line per thing that happened, on standard error, in one write, so that threads do not mix; by the
 * thread of os/log_writer where one runs. Foreign text is quoted and escaped. Never bodies, keys, signatures or secrets. */
#ifndef OS_LOG_H
#define OS_LOG_H

#include "base/buf.h"

#define LOG_LINE_MAX 8192 /* bytes, its newline among them; what is longer is cut */

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_line {
    struct buf text;
    size_t priority; /* bytes before the line itself, for the journal alone */
    bool wanted;
};

/* error, warning, info (the default) or debug: lines beyond it are not written. False for any other word. */
bool log_set_level(const char *word);

/* Looks whether standard error is systemd's journal, as $JOURNAL_STREAM says (systemd.exec(5)). Lines for it begin with their priority
 * from then on (sd-daemon(3)), so that `journalctl -p err` finds them; into pipes and files they do not. Before there are threads. */
void log_find_journal(void);
/* "<3>" and the like, where that is so, else "". A signal handler may ask. */
const char *log_priority(enum log_level level);

/* ts=... level=... event=NAME, to which log_text and log_number add; log_end writes it. */
void log_begin(struct log_line *line, enum log_level level, const char *event);
/* Nothing is written for a span without data. */
void log_text(struct log_line *line, const char *name, struct span value);
void log_number(struct log_line *line, const char *name, long long value);
void log_end(struct log_line *line);
/* The same, for lines that no level may hold back; and to `fd` instead: -1 with errno where it cannot be written. */
void log_begin_always(struct log_line *line, enum log_level level, const char *event);
int log_end_at(struct log_line *line, int fd);
/* Ends it, into `out` instead, with its newline; its size. */
size_t log_end_into(struct log_line *line, char out[LOG_LINE_MAX]);
/* Ends it without writing it. */
void log_drop(struct log_line *line);

/* A line with one text, for the many that need no more: event=NAME detail="...". */
void log_say(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What a person reads when a process cannot go on, as it is, behind the lines of the log that were written before. */
void log_plain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
