/* The files that hold secrets: whether whoever reads them can be held up by them, and who else may read them. */
#ifndef CONFIG_SECRETS_H
#define CONFIG_SECRETS_H

#include "config/config.h"
#include "config/source.h"
#include "os/finding.h"

/* Before the properties' files are read. Fills config->open_secrets. -1 with ERR_USAGE where one is no regular file, or
 * where every user may read it and strict_permissions is set. */
int config_secrets_check(struct config *config, const struct config_source *source, struct err *err);

/* What a worker, or a gate, cannot start without: -1 with ERR_USAGE where such a file is not there, which names each setting and
 * the command that makes it. An account's API key is not among them: without it that account waits. */
int config_secrets_exist(const struct config *config, bool gate, struct err *err);

/* The same: each of them goes to the sink. */
void config_secrets_missing(const struct config *config, bool gate, const struct finding_sink *sink);

/* Says in the log which of them every user may read. */
void config_secrets_tell(const struct config *config);

#endif
