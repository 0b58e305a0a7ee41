/* A file as the gate holds it: what it says is replaced when the file changes, while requests look into what they began
 * with. */
#ifndef GATE_HELD_H
#define GATE_HELD_H

#include "base/err.h"
#include "base/span.h"

/* What is in such a file. */
struct held_kind {
    size_t size_max; /* bytes */
    /* NULL with err where it is no good; the text does not last. */
    void *(*read)(struct span text, struct err *err);
    void (*free)(void *what);
};

struct held;

/* Reads `path`; it and the kind are borrowed. NULL with err. */
struct held *held_new(const char *path, const struct held_kind *kind, struct err *err);
/* Nobody may hold it any more. */
void held_free(struct held *held);
/* Reads the file again where it is another. One that is no good is told in the log, and nothing changes. Whether it is
 * another, or no good. By one thread. */
bool held_reload(struct held *held);

/* What the file said when it was good last; it stays until held_give. By any thread. */
const void *held_take(struct held *held);
void held_give(struct held *held, const void *what);

#endif
