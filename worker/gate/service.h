/* A gate's life: started, served, ended. */
#ifndef GATE_SERVICE_H
#define GATE_SERVICE_H

#include "gate/gate.h"

/* Checks all that it needs and serves; `pages`: as in struct gate, borrowed. Signals that end it must be blocked. NULL with err; service_free it. */
struct gate *service_new(const struct config *config, const struct route *pages, struct err *err);
/* Until SIGTERM or SIGINT, and until what is under way then is answered; SIGHUP: reads configuration and files again. -1 with err where it
 * cannot go on. */
int service_run(struct gate *gate, struct err *err);
void service_free(struct gate *gate);

#endif
