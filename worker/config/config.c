#include "config/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "config/check.h"
#include "config/load.h"
#include "config/member.h"
#include "config/property.h"
#include "config/secrets.h"
#include "config/settings.h"
#include "config/source.h"
#include "config/value.h"

/* Frees the texts in a struct config, or in a struct config_account. */
static void texts_free(void *things, bool is_account)
{
    for (size_t i = 0; i < settings_count; i++)
        if (setting_is_text(&settings[i]) && (settings[i].section == SECTION_ACCOUNT) == is_account)
            free(*(char **)(void *)((char *)things + settings[i].offset));
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->property_count; i++)
        config_property_done(&config->properties[i]);
    for (size_t i = 0; i < config->account_count; i++) {
        free(config->accounts[i].name);
        texts_free(&config->accounts[i], true);
    }
    texts_free(config, false);
    for (size_t i = 0; i < config->open_secret_count; i++)
        free(config->open_secrets[i]);
    free(config->open_secrets);
    free(config->path);
    free(config->properties);
    free(config->accounts);
    free(config);
}

static void defaults_put(struct config *config)
{
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings[i];
        size_t times = setting->section == SECTION_ACCOUNT ? config->account_count : 1;
        for (size_t account = 0; setting->fallback != NULL && account < times; account++) {
            int result = value_put(setting, setting->fallback, config_member(config, setting, account), NULL);
            assert(result == 0);
        }
    }
}

static int entries_put(struct config *config, const struct config_source *source, struct err *err)
{
    for (size_t i = 0; i < source->entry_count; i++) {
        const struct config_entry *entry = &source->entries[i];
        struct err problem;
        if (value_put(entry->setting, entry->value, config_member(config, entry->setting, entry->account),
                      &problem) != 0) {
            if (source_wrong(source, err, "%s: %s", entry->origin, problem.text) != 0)
                return -1;
            continue;
        }
        if (setting_is_property(entry->setting))
            config_property_put(config, entry->setting->name, entry->value);
    }
    return 0;
}

static int secrets_read(struct config *config, const struct config_source *source, struct err *err)
{
    for (size_t i = 0; i < config->property_count; i++) {
        const struct setting *setting = setting_find(SECTION_KAFKA, span_of(config->properties[i].name));
        struct err problem;
        if (setting->type == SETTING_PROPERTY_FILE && config_property_resolve(&config->properties[i], &problem) != 0 &&
            source_wrong(source, err, "%s: %s: %s", source_find(source, setting, ACCOUNT_NONE)->origin, setting->name,
                         problem.text) != 0)
            return -1;
    }
    return 0;
}

/* With one account what does not fit waits in the log as well. With several an event that finds its account's share full
 * is refused, so there shall be room. */
static void memory_default(struct config *config, const struct config_source *source)
{
    const struct setting *setting = setting_find(SECTION_WORKER, SPAN("memory"));
    if (config->account_count > 1 && source_find(source, setting, ACCOUNT_NONE) == NULL)
        config->memory_bytes = 64 << 20;
}

/* The configuration that `source` says, or NULL. */
static struct config *config_build(const struct config_source *source, const char *path, struct err *err)
{
    struct config *config = mem_new(1, sizeof(*config));
    config->accounts = mem_new(source->account_count, sizeof(config->accounts[0]));
    config->account_count = source->account_count;
    for (size_t i = 0; i < source->account_count; i++)
        config->accounts[i].name = mem_copy(span_of(source->accounts[i].name));
    defaults_put(config);
    memory_default(config, source);
    if (entries_put(config, source, err) == 0 && config_check(config, source, path, err) == 0 &&
        config_secrets_check(config, source, err) == 0 && secrets_read(config, source, err) == 0)
        return config;
    config_free(config);
    return NULL;
}

static struct config *config_take(struct config_source *source, const char *path, char *const *environment,
                                  struct err *err)
{
    struct config *config = NULL;
    if ((path == NULL || source_read_file(source, path, err) == 0) &&
        source_read_environment(source, environment, err) == 0)
        config = config_build(source, path, err);
    if (config != NULL && path != NULL)
        config->path = mem_copy(span_of(path));
    return config;
}

struct config *config_load(const char *path, char *const *environment, struct err *err)
{
    struct config_source source;
    source_init(&source);
    struct config *config = config_take(&source, path, environment, err);
    source_done(&source);
    return config;
}

struct config *config_load_all(const char *path, char *const *environment, struct config_mistakes *mistakes)
{
    struct config_source source;
    struct err err;
    source_init(&source);
    source.mistakes = mistakes;
    struct config *config = config_take(&source, path, environment, &err);
    if (config == NULL)
        source_mistake(&source, &err);
    source_done(&source);
    if (mistakes->count == 0)
        return config;
    config_free(config);
    return NULL;
}

void config_mistakes_done(struct config_mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++)
        free(mistakes->texts[i]);
    free(mistakes->texts);
    *mistakes = (struct config_mistakes){NULL, 0};
}

struct config *config_load_again(const struct config *config, char *const *environment,
                                 struct config_source *source, struct err *err)
{
    struct stat status;
    source_init(source);
    /* A pipe would hold up the loop until somebody writes into it. */
    if (config->path != NULL && stat(config->path, &status) == 0 && !S_ISREG(status.st_mode)) {
        err_set(err, ERR_USAGE, "%s is not a regular file: it was read at the start, and is not read again", config->path);
        return NULL;
    }
    return config_take(source, config->path, environment, err);
}
