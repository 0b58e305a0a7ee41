/* What must not be missing, and what holds between settings. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "base/err.h"
#include "config/config.h"
#include "config/source.h"

/* Where a setting's value lies in `config`, whose accounts stand in the order of the source's; NULL for a property. */
void *config_member(struct config *config, const struct setting *setting, size_t account);

/* What [kafka] says of security, also in front of its servers, made one: bootstrap_servers becomes HOST:PORT,… and
 * security.protocol what stood there. -1 with ERR_USAGE where it does not fit together. */
int config_security(struct config *config, const struct config_source *source, const char *path, struct err *err);

/* The value of a property of librdkafka; NULL: it is not set. */
const char *config_property(const struct config *config, const char *name);
void config_property_put(struct config *config, const char *name, const char *value);

/* The same file and environment once more, as config_load reads them; *source says where what stands (source_done it, also
 * where there is no configuration). */
struct config *config_load_again(const struct config *config, char *const *environment,
                                 struct config_source *source, struct err *err);

/* As config_load, but goes on behind a mistake: *mistakes, which must be empty, has all of them. NULL where there is one. */
struct config *config_load_all(const char *path, char *const *environment, struct config_mistakes *mistakes);
void config_mistakes_done(struct config_mistakes *mistakes);

/* Where somebody wrote the setting; `otherwise` where nobody did. */
const char *config_origin(const struct config_source *source, enum config_section section, const char *name,
                          size_t account, const char *otherwise);

/* Fills err: ERR_USAGE, -1; or 0 once it is noted, where the source wants all mistakes. */
int config_wrong(const struct config_source *source, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* -1 with ERR_USAGE and a text that says where the setting stands, or where it is missing. `path` may be NULL. */
int config_check(struct config *config, const struct config_source *source, const char *path,
                 struct err *err);

#endif
