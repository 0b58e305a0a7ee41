/* A configuration that was read anew, and what of it a running worker, or gate, can put into use: accounts are added, and are set
 * otherwise. All else takes a restart. */
#ifndef CONFIG_CHANGE_H
#define CONFIG_CHANGE_H

#include "config/config.h"
#include "config/source.h"

/* What one of them never reads of the configuration is nothing to it. */
enum config_reader { CONFIG_WORKER, CONFIG_GATE };

/* The place in `config` of the account of that name, or ACCOUNT_NONE. */
size_t config_account_place(const struct config *config, const char *name);

/* -1 with ERR_USAGE that names all in `fresh` which takes a restart of `reader`, and where `source` says it stands. Else *changed
 * says whether anything is to be put into use at all. */
int config_change_check(const struct config *config, struct config *fresh, const struct config_source *source,
                        enum config_reader reader, bool *changed, struct err *err);

/* Whether the account's settings differ that a worker reads; with `way`, of those by which it is reached: URL, key, certificates, headers, proxy. */
bool config_account_differs(const struct config_account *one, const struct config_account *other, bool way);

/* Tells the log, before `fresh` is put into use, which of its accounts are new, or set otherwise. */
void config_change_tell(const struct config *config, const struct config *fresh, enum config_reader reader);

/* Puts `fresh`, which was checked, into use. The accounts keep their places, and new ones come behind them. Frees `fresh`. */
void config_change(struct config *config, struct config *fresh);

#endif
