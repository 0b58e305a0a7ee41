/* SIGHUP: the configuration is read again, for its accounts. */
#ifndef GATE_RELOAD_H
#define GATE_RELOAD_H

#include "gate/gate.h"

/* Puts into use what may be: accounts that are added, or set otherwise. Where anything is wrong with it, or takes a restart, the log
 * says what, and all stays as it was. False: there is nothing new. By the thread that runs the gate. */
bool reload_configuration(struct gate *gate);
/* Frees what was read; nobody may look at it any more. */
void reload_done(struct gate *gate);

#endif
