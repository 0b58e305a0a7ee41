/* What a running worker reads again: the keyring and the API keys when they change, and on SIGHUP the configuration too, of
 * which accounts are put into use: new ones, and ones that are set otherwise. */
#ifndef RUN_RELOAD_H
#define RUN_RELOAD_H

struct loop;

/* Does what is due: every FILES_EVERY_MS, and all of it after SIGHUP (loop->reload). Nothing that is no good is put into use, and
 * of a configuration in which anything is no good, or takes a restart, nothing at all: the log says what, and where. */
void reload_turn(struct loop *loop);

#endif
