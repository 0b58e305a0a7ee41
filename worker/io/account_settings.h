/* The accounts' configuration as the engine takes it. */
#ifndef IO_ACCOUNT_SETTINGS_H
#define IO_ACCOUNT_SETTINGS_H

#include "delivery/account.h"
#include "io/config.h"

/* One of each account, in their order, which is their index; `held`: which of them are. Borrows the configuration's strings.
 * free() it. */
struct account_options *account_settings(const struct config *config, const bool *held);

#endif
