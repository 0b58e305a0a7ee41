/* A worker, built from its configuration: files read, accounts and topics checked, all parts wired to one loop. */
#ifndef IO_ASSEMBLE_H
#define IO_ASSEMBLE_H

#include "io/config.h"
#include "io/loop.h"

/* Ready to loop_run: subscribed. NULL with err. worker_free it, before the config. */
struct loop *worker_new(const struct config *config, struct err *err);
void worker_free(struct loop *worker);

#endif
