#ifndef CONFIG_SECURITY_H
#define CONFIG_SECURITY_H

#include "config/config.h"
#include "config/source.h"

/* What [kafka] says of security, also in front of its servers, made one: bootstrap_servers becomes HOST:PORT,… and
 * security.protocol what stood there. -1 with ERR_USAGE where it does not fit together. */
int config_security(struct config *config, const struct config_source *source, const char *path, struct err *err);

#endif
