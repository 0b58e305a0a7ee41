/* A file as the gate holds it: what it says is replaced when the file changes, while requests look into what they began
 * with. */
#ifndef GATE_ACCESS_SNAPSHOT_H
#define GATE_ACCESS_SNAPSHOT_H

#include "base/err.h"
#include "base/span.h"

/* What is in such a file. */
struct snapshot_kind {
    size_t size_max; /* bytes */
    /* NULL with err where it is no good; the text does not last. */
    void *(*read)(struct span text, struct err *err);
    void (*free)(void *what);
};

struct snapshot;

/* Reads `path`; it and the kind are borrowed. NULL with err. */
struct snapshot *snapshot_new(const char *path, const struct snapshot_kind *kind, struct err *err);
/* Nobody may hold it any more. */
void snapshot_free(struct snapshot *snapshot);
/* Reads the file again where it is another. One that is no good is told in the log, and nothing changes. Whether it is
 * another, or no good. By one thread. */
bool snapshot_reload(struct snapshot *snapshot);

/* Whether the file is missing or no good by now, and what it said before stays. By any thread. */
bool snapshot_is_stale(const struct snapshot *snapshot);

/* What the file said when it was good last; it stays until snapshot_give. By any thread. */
const void *snapshot_take(struct snapshot *snapshot);
void snapshot_give(struct snapshot *snapshot, const void *what);

#endif
