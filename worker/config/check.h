/* What must not be missing, and what holds between settings. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "base/err.h"
#include "config/config.h"
#include "config/source.h"

/* -1 with ERR_USAGE and a text that says where the setting stands, or where it is missing. `path` may be NULL. */
int config_check(struct config *config, const struct config_source *source, const char *path,
                 struct err *err);

#endif
