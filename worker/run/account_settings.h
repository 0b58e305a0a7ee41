/* The accounts' configuration as the engine takes it. */
#ifndef RUN_ACCOUNT_SETTINGS_H
#define RUN_ACCOUNT_SETTINGS_H

#include "config/config.h"
#include "delivery/account.h"

/* One for each account, in their order, which is their index; `held`: which of them start held. Borrows the configuration's
 * strings. free() it. */
struct account_options *account_settings(const struct config *config, const bool *held);

#endif
