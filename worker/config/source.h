/* What was written, before it means anything: settings from the file and then from the environment, each with where it
 * stands. Names are known and accounts told apart here; values are looked at later (config.c), so nothing is ever
 * applied of a file that does not read to its end. */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include <stddef.h>

#include "base/err.h"
#include "base/span.h"
#include "config/settings.h"

#define ACCOUNT_NONE SIZE_MAX

struct config_entry {
    const struct setting *setting;
    size_t account; /* index into accounts, or ACCOUNT_NONE */
    char *value;
    char *origin; /* "cupbearer.conf:12", or a variable's name */
};

struct config_source_account {
    char *name;
    char *origin; /* where it was named first */
};

/* Where somebody wants all of the mistakes; the first one ends the reading else. */
struct config_mistakes {
    char **texts; /* owned, as err's */
    size_t count;
};

struct config_source {
    struct config_entry *entries; /* a later one of the same setting overrides */
    size_t entry_count;
    struct config_source_account *accounts;
    size_t account_count;
    struct config_mistakes *mistakes; /* borrowed; NULL: the first one is enough */
};

/* What a mistake comes to: 0 once it is noted, where all of them are wanted; else -1. */
int source_mistake(const struct config_source *source, const struct err *err);

void source_init(struct config_source *source);
void source_done(struct config_source *source);

/* The account of that name; '-' and '_' count as the same, because a variable's name cannot tell them apart. Returns
 * its index, or ACCOUNT_NONE. */
size_t source_account(const struct config_source *source, struct span name);

/* Adds an account that is not there yet and returns its index. */
size_t source_add_account(struct config_source *source, struct span name, const char *origin);

/* The last entry of the setting, or NULL. */
const struct config_entry *source_find(const struct config_source *source, const struct setting *setting,
                                       size_t account);

/* Where somebody wrote the setting; `otherwise` where nobody did. */
const char *source_origin(const struct config_source *source, enum config_section section, const char *name,
                          size_t account, const char *otherwise);

/* Fills err: ERR_USAGE, -1; or 0 once it is noted, where the source wants all mistakes. */
int source_wrong(const struct config_source *source, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void source_add(struct config_source *source, const struct setting *setting, size_t account,
                const char *value, const char *origin);

/* Adds what the INI file says. -1 with ERR_USAGE and a text that begins with "PATH:LINE: "; *source is then to be
 * thrown away. A file has at most 1 MiB. */
int source_read_file(struct config_source *source, const char *path, struct err *err);

/* Adds what CUPBEARER_* variables say (not CUPBEARER_CONFIG, and not those that Kubernetes makes for a service named
 * cupbearer). -1 with ERR_USAGE and a text that begins with the variable's name. */
int source_read_environment(struct config_source *source, char *const *environment, struct err *err);

#endif
