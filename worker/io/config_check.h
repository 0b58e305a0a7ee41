/* What must not be missing, and what holds between settings. */
#ifndef IO_CONFIG_CHECK_H
#define IO_CONFIG_CHECK_H

#include "base/err.h"
#include "io/config.h"
#include "io/config_source.h"

/* Where a setting's value lies in `config`, whose accounts stand in the order of the source's; NULL for a property. */
void *config_member(struct config *config, const struct setting *setting, size_t account);

/* -1 with ERR_USAGE and a text that says where the setting stands, or where it is missing. `path` may be NULL. */
int config_check(struct config *config, const struct config_source *source, const char *path,
                 struct err *err);

#endif
