/* What Papercups said of messages, so that it is not asked again at once: what was seen stays seen and is kept until others need its
 * place; that nothing is known, or no message is there, is good for some seconds. It does not grow. Thread-safe. */
#ifndef GATE_SEEN_MEMORY_H
#define GATE_SEEN_MEMORY_H

#include "base/moment.h"
#include "base/span.h"
#include "delivery/answer.h"

#define MEMORY_PLACES   4096  /* messages: some 520 KB */
#define MEMORY_BRIEF_MS 10000 /* for what may change */

enum seen_state {
    SEEN_STATE_SEEN,      /* at seen_at */
    SEEN_STATE_NOT_KNOWN, /* the message is there, and Papercups has no time */
    SEEN_STATE_ABSENT,    /* there is no such message */
};

struct seen_told {
    enum seen_state state;
    char seen_at[ANSWER_TIME_SIZE]; /* as Papercups writes it */
    struct uuid message;            /* "": not known */
};

struct seen_memory;

struct seen_memory *seen_memory_new(void);
void seen_memory_free(struct seen_memory *memory);

/* Whether what is known of that event may be told as it is. False: Papercups is to be asked, of out->message, where that is known
 * from before. */
bool seen_memory_find(struct seen_memory *memory, struct span name, struct mono now, struct seen_told *out);
/* Takes a copy. */
void seen_memory_keep(struct seen_memory *memory, struct span name, struct mono now, const struct seen_told *told);

#endif
