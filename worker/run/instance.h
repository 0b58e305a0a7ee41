/* A worker's own name in its consumer group (group.instance.id, KIP-345). A worker that comes back under its name within the
 * session timeout has its partitions at once, and nobody else's move. Two processes of one name would both believe that they own
 * them, so a name is taken by a lock. The lock's file holds a number of its own, which commits carry: a commit with another number
 * shows that the name was used by a process that this lock does not keep out. */
#ifndef RUN_INSTANCE_H
#define RUN_INSTANCE_H

#include "base/err.h"
#include "config/config.h"
#include "progress/progress.h"

struct instance {
    char *id;    /* NULL: the group gives it a name for each time it joins */
    int lock_fd; /* -1: none */
    struct member member; /* what commits say of it; the holder's number is in the lock's file */
};

/* `pattern` with this machine's host name for each %h; the caller frees it. NULL with ERR_USAGE where that is no name. */
char *instance_expand(const char *pattern, const char *host, struct err *err);

/* Takes the name that the configuration gives, if it gives one, until instance_done or the end of the process, however
 * that ends: flock(2) on STATE_DIR/NAME.lock. -1 with ERR_USAGE where another process has it or it cannot be taken. */
int instance_take(struct instance *instance, const struct config *config, struct err *err);
void instance_done(struct instance *instance);

#endif
