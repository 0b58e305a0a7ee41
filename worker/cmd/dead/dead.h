/* What `cupbearer dead` does, one function for each; the desk says which letters are chosen. */
#ifndef CMD_DEAD_DEAD_H
#define CMD_DEAD_DEAD_H

#include "cmd/dead/desk.h"

struct dead_choice {
    enum resend_state state; /* only those; RESEND_STATES: any */
    bool each, json;
    int64_t now_ms;
};

/* Each is the exit code, or -1 with err. */

/* A table by reason, account and age, what to do about each reason, and the sums; or a line for each letter. */
int dead_list(struct desk *desk, const struct dead_choice *choice, struct err *err);
/* All that is known of one event's letters, `what` being its id or the place of its record. ERR_NO where there are none. */
int dead_show(struct desk *desk, const struct dead_choice *choice, const char *what, struct err *err);
/* Records as JSON, a line for each, to stdout or (path not NULL) to a new file. */
int dead_export(struct desk *desk, const struct dead_choice *choice, const char *path, struct err *err);

#endif
