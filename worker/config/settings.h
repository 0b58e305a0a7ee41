/* The table of settings: what there is, in which section, of which form and range, with which default. It stands in
 * settings.def, with what each setting is for: the file, the environment, their error messages, deploy/cupbearer.conf and
 * the man page's chapter are of that. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum config_section {
#define SECTION(name, word, help) SECTION_##name,
#include "config/settings.def"
    SECTION_COUNT, /* how many, and "none" */
};

/* The texts come first: setting_is_text(). */
enum setting_type {
    SETTING_SERVERS,        /* char *: HOST:PORT,HOST:PORT */
    SETTING_WORD,           /* char *: no white space, max bytes */
    SETTING_INSTANCE,       /* char *: a name with %h in it */
    SETTING_PATH,           /* char * */
    SETTING_SECRET,         /* char *: path of a file that holds a secret */
    SETTING_TOPIC,          /* char * */
    SETTING_UUID,           /* char * */
    SETTING_URL,            /* char * */
    SETTING_PROXY,          /* char *: http://HOST:PORT and the like, or none */
    SETTING_ORIGINS,        /* char *: origins as browsers send them, spaces between */
    SETTING_HOSTS,          /* char *: HOST or HOST:PORT, spaces between */
    SETTING_LINK_HOSTS,     /* char *: hosts, with a dot before them also those below, spaces between */
    SETTING_DEVIATIONS,     /* char *: words of topic_deviation.def, spaces between */
    SETTING_LISTEN,         /* char *: HOST:PORT, or off */
    SETTING_HOST,           /* char *: as location.host */
    SETTING_BOOL,           /* bool */
    SETTING_COUNT,          /* int32_t, min to max */
    SETTING_DURATION,       /* int64_t in ms, min to max */
    SETTING_SIZE,           /* int64_t in bytes, min to max */
    SETTING_CONVERSATIONS,  /* bool: new, or reopen */
    SETTING_AMBIGUOUS,      /* bool: newest, or refuse */
    SETTING_EMAIL,          /* bool: none, or given */
    SETTING_PARTITIONER,    /* enum partitioner */
    SETTING_PROPERTY,       /* librdkafka's; librdkafka checks the value */
    SETTING_PROPERTY_COUNT, /* librdkafka's, min to max */
    SETTING_PROPERTY_FILE,  /* path of a file that holds the property without _file at its end */
};

struct setting {
    enum config_section section;
    const char *name;
    enum setting_type type;
    size_t offset; /* in struct config, or in struct config_account; a property has none */
    bool required;
    const char *fallback; /* as one would write it; NULL: stays unset */
    int64_t min, max;
};

extern const struct setting settings[];
extern const size_t settings_count;

/* "kafka"; "account NAME" for SECTION_ACCOUNT. */
const char *section_name(enum config_section section);

/* The section with exactly that name ("account" for SECTION_ACCOUNT), or SECTION_COUNT. */
enum config_section section_find(struct span name);

/* Fills err for a section that does not exist, with the nearest that does. Returns -1. */
int section_unknown(struct span name, struct err *err);

bool setting_is_text(const struct setting *setting);
bool setting_is_property(const struct setting *setting);

/* The setting with exactly that name, or NULL. */
const struct setting *setting_find(enum config_section section, struct span name);

/* The setting whose environment variable ends in `name` (KAFKA_GROUP_ID: "GROUP_ID"), or NULL. */
const struct setting *setting_find_variable(enum config_section section, struct span name);

/* Why librdkafka's property `name` cannot be set, as half a sentence; or NULL. Also takes "ENABLE_AUTO_COMMIT". */
const char *setting_refused(struct span name);

/* Fills err for a name that is not in the section: refused, elsewhere, misspelt or unknown. Returns -1. */
int setting_unknown(enum config_section section, struct span name, struct err *err);

/* Appends the name of the environment variable; `account` is read for SECTION_ACCOUNT only. */
void setting_variable(const struct setting *setting, struct span account, struct buf *out);

#endif
