/* What a check found: what it is, why it matters, and what fixes it. A start ends with the first problem and logs the rest;
 * `cupbearer doctor` collects all of them. Both say the same words. */
#ifndef OS_FINDING_H
#define OS_FINDING_H

#include <stddef.h>

#include "base/err.h"

enum finding_level {
    FINDING_OK,
    FINDING_UNCHECKED, /* it could not be looked at; `why` says why */
    FINDING_WARNING,
    FINDING_PROBLEM,
};

/* Each text is one line without a full stop, cut where it is longer, and "" where there is none. */
struct finding {
    enum finding_level level;
    enum err_code code;   /* how a start ends by it; ERR_NONE: it goes on */
    char what[1024];      /* as long as an err's text, which it may be */
    char why[512];
    char fix[512];        /* for people */
    char command[1024];   /* for a shell, instead of `fix` */
    char instead[160];    /* "or ...": how to go on without */
};

/* "WHAT: WHY. Fix it: COMMAND (INSTEAD)"; or with FIX in place of "Fix it: COMMAND". Cut to err's text. */
void finding_text(const struct finding *finding, struct err *err);

/* Who collects findings; borrows each until it returns. */
struct finding_sink {
    void (*take)(void *context, const struct finding *finding);
    void *context;
};

/* Hands it to the sink, and is 0. Without one (NULL): -1 with err where a start ends by it, else it is logged as `event`. */
int finding_report(const struct finding_sink *sink, const struct finding *finding, const char *event, struct err *err);

/* A problem out of err, whose text says it all. */
void finding_of_err(const struct err *err, struct finding *out);

/* Fills one of the texts. */
#define FINDING_PUT(text, ...) finding_put(text, sizeof(text), __VA_ARGS__)
void finding_put(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
