/* A worker, built from its configuration: files read, accounts and topics checked, all parts wired to one loop. */
#ifndef RUN_ASSEMBLE_H
#define RUN_ASSEMBLE_H

#include "config/config.h"
#include "run/loop.h"

/* Ready to loop_run: subscribed. NULL with err. worker_free it, before the config, whose accounts it may change. */
struct loop *worker_new(struct config *config, struct err *err);
/* Makes all the checks of a start and logs their warnings, but takes nothing that a running worker may hold (its name in the group,
 * its port) and joins nothing. -1 with err. The process should end afterwards: parts of librdkafka's state are left to that. */
int worker_check(struct config *config, struct err *err);
void worker_free(struct loop *worker);
/* For one that has run: waits briefly for what is still to be written, and leaves the rest to the end of the process: where its
 * topic was deleted, or its broker was away, librdkafka from 2.0 on may wait for its own threads for ever (its issues 4362 and
 * 4674). */
void worker_leave(struct loop *worker);

#endif
