/* More ways to read a configuration than config_load. */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/config.h"
#include "config/source.h"

/* The same file and environment once more, as config_load reads them; *source says where what stands (source_done it, also
 * where there is no configuration). */
struct config *config_load_again(const struct config *config, char *const *environment,
                                 struct config_source *source, struct err *err);

/* As config_load, but goes on behind a mistake: *mistakes, which must be empty, has all of them. NULL where there is one. */
struct config *config_load_all(const char *path, char *const *environment, struct config_mistakes *mistakes);
void config_mistakes_done(struct config_mistakes *mistakes);

#endif
