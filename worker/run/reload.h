/* What a running worker reads again: keyring and API keys when they change, and on SIGHUP the configuration too, of which new and
 * changed accounts are put into use. */
#ifndef RUN_RELOAD_H
#define RUN_RELOAD_H

struct loop;

/* Does what is due: the files every FILES_EVERY_MS, everything after SIGHUP (loop->reload). What is no good is never put into use;
 * if anything in the configuration is no good, or takes a restart, none of it is. The log says what, and where. */
void reload_turn(struct loop *loop);

#endif
