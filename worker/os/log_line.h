/* One line of a log, as text. */
#ifndef OS_LOG_LINE_H
#define OS_LOG_LINE_H

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

/* ts=... level=... event=NAME, to which log_text and log_number add; one of the functions that end a line must follow. */
void log_begin(struct log_line *line, enum log_level level, const char *event);
/* Nothing is written for a span without data. */
void log_text(struct log_line *line, const char *name, struct span value);
void log_number(struct log_line *line, const char *name, long long value);
/* The same, for lines that no level may hold back. */
void log_begin_always(struct log_line *line, enum log_level level, const char *event);
/* Puts its newline to it. Whether it is whole: too long, it ends there all the same. */
bool log_close(struct log_line *line);
/* Ends it, into `fd`: -1 with errno where it cannot be written. */
int log_end_at(struct log_line *line, int fd);
/* Ends it, into `out`, with its newline; its size. */
size_t log_end_into(struct log_line *line, char out[LOG_LINE_MAX]);
/* Ends it without writing it. */
void log_drop(struct log_line *line);

#endif
