#include "config/change.h"

#include <stdlib.h>

#include "base/mem.h"
#include "config/property.h"
#include "os/log.h"

size_t config_account_place(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->account_count; i++)
        if (strcmp(config->accounts[i].name, name) == 0)
            return i;
    return ACCOUNT_NONE;
}

/* Whether it is another one by which the account's Papercups is reached. */
static bool setting_is_way(const struct setting *setting)
{
    return setting->section == SECTION_ACCOUNT &&
           (setting->type == SETTING_PATH || setting->type == SETTING_SECRET || setting->type == SETTING_PROXY ||
            setting->offset == offsetof(struct config_account, url));
}

/* What a worker never reads: the gate alone does. */
static bool setting_is_gates(const struct setting *setting)
{
    return setting->section == SECTION_GATE ||
           (setting->section == SECTION_ACCOUNT &&
            (setting->offset == offsetof(struct config_account, origins) ||
             setting->offset == offsetof(struct config_account, dashboard_url)));
}

/* Of the workers' own it reads their secrets alone: the keyring, and those by which receipts are known. */
static bool gate_takes_restart(const struct setting *setting)
{
    return setting->section == SECTION_GATE || setting->section == SECTION_KAFKA || setting->section == SECTION_TOPICS ||
           (setting->section == SECTION_WORKER && setting->type == SETTING_SECRET);
}

/* Whose messages those of an account are must stay what it is: what was posted is read back there. */
static bool setting_takes_restart(const struct setting *setting, enum config_reader reader)
{
    if (setting->section == SECTION_ACCOUNT)
        return setting->offset == offsetof(struct config_account, papercups_account);
    if (reader == CONFIG_GATE)
        return gate_takes_restart(setting);
    bool live = setting->section == SECTION_WORKER &&
                (setting->offset == offsetof(struct config, memory_bytes) ||
                 setting->offset == offsetof(struct config, strict_permissions));
    return !live && !setting_is_gates(setting);
}

static bool texts_differ(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one != other : strcmp(one, other) != 0;
}

/* `one` and `other` are a struct config each, or a struct config_account. */
static bool values_differ(const struct setting *setting, const void *one, const void *other)
{
    const void *a = (const char *)one + setting->offset, *b = (const char *)other + setting->offset;
    switch (setting->type) {
    case SETTING_BOOL:
    case SETTING_CONVERSATIONS:
    case SETTING_AMBIGUOUS:
    case SETTING_EMAIL:
        return *(const bool *)a != *(const bool *)b;
    case SETTING_COUNT:
        return *(const int32_t *)a != *(const int32_t *)b;
    case SETTING_DURATION:
    case SETTING_SIZE:
        return *(const int64_t *)a != *(const int64_t *)b;
    case SETTING_PARTITIONER:
        return *(const enum partitioner *)a != *(const enum partitioner *)b;
    case SETTING_SERVERS:
    case SETTING_WORD:
    case SETTING_INSTANCE:
    case SETTING_PATH:
    case SETTING_SECRET:
    case SETTING_TOPIC:
    case SETTING_UUID:
    case SETTING_URL:
    case SETTING_PROXY:
    case SETTING_ORIGINS:
    case SETTING_HOSTS:
    case SETTING_LINK_HOSTS:
    case SETTING_DEVIATIONS:
    case SETTING_LISTEN:
    case SETTING_HOST:
        return texts_differ(*(char *const *)a, *(char *const *)b);
    case SETTING_PROPERTY:
    case SETTING_PROPERTY_COUNT:
    case SETTING_PROPERTY_FILE:
        break; /* they have no place of their own: see properties_compare */
    }
    return false;
}

bool config_account_differs(const struct config_account *one, const struct config_account *other, bool way)
{
    for (size_t i = 0; i < settings_count; i++)
        if (settings[i].section == SECTION_ACCOUNT && !setting_is_gates(&settings[i]) &&
            (!way || setting_is_way(&settings[i])) && values_differ(&settings[i], one, other))
            return true;
    return false;
}

/* A gate reads all of an account's settings. */
static bool account_is_changed(const struct config_account *one, const struct config_account *other, enum config_reader reader)
{
    if (reader == CONFIG_WORKER)
        return config_account_differs(one, other, false);
    for (size_t i = 0; i < settings_count; i++)
        if (settings[i].section == SECTION_ACCOUNT && values_differ(&settings[i], one, other))
            return true;
    return false;
}

/* ---- what takes a restart ---- */

struct findings {
    const struct config_source *source; /* of what was read anew */
    const char *path;
    struct buf text;
};

static void find(struct findings *findings, const struct setting *setting, size_t account, const char *owner)
{
    const struct config_entry *entry = source_find(findings->source, setting, account);
    buf_printf(&findings->text, "%s%s: [%s%s] %s", findings->text.size == 0 ? "" : ", ",
               entry == NULL ? findings->path : entry->origin,
               setting->section == SECTION_ACCOUNT ? "account " : section_name(setting->section), owner, setting->name);
}

/* One whose value was read from a file is called so in the table. */
static const struct setting *setting_of_property(const char *name)
{
    for (size_t i = 0; i < settings_count; i++)
        if (setting_is_property(&settings[i]) && span_starts(span_of(settings[i].name), span_of(name)) &&
            (settings[i].name[strlen(name)] == 0 || strcmp(settings[i].name + strlen(name), "_file") == 0))
            return &settings[i];
    return NULL;
}

/* Those of `one` that `other` has otherwise, or not at all; with `missing` only the latter. */
static void properties_compare(const struct config *one, const struct config *other, bool missing,
                               struct findings *findings)
{
    for (size_t i = 0; i < one->property_count; i++) {
        const char *value = config_property(other, one->properties[i].name);
        bool differs = missing ? value == NULL : texts_differ(value, one->properties[i].value);
        const struct setting *setting = differs ? setting_of_property(one->properties[i].name) : NULL;
        if (setting != NULL)
            find(findings, setting, ACCOUNT_NONE, "");
    }
}

static void account_compare(const struct config_account *account, const struct config *fresh, struct findings *findings)
{
    size_t place = config_account_place(fresh, account->name);
    if (place == ACCOUNT_NONE) {
        buf_printf(&findings->text, "%s%s: [account %s] is not there any more", findings->text.size == 0 ? "" : ", ",
                   findings->path, account->name);
        return;
    }
    for (size_t i = 0; i < settings_count; i++)
        if (settings[i].section == SECTION_ACCOUNT && setting_takes_restart(&settings[i], CONFIG_WORKER) &&
            values_differ(&settings[i], account, &fresh->accounts[place]))
            find(findings, &settings[i], place, account->name);
}

/* What was read anew has other values where they may be put into use. */
static bool is_changed(const struct config *config, const struct config *fresh, enum config_reader reader)
{
    bool changed = config->strict_permissions != fresh->strict_permissions ||
                   config->account_count != fresh->account_count ||
                   (reader == CONFIG_WORKER && config->memory_bytes != fresh->memory_bytes);
    for (size_t i = 0; i < config->account_count && !changed; i++) {
        const struct config_account *one = &config->accounts[i];
        changed = account_is_changed(one, &fresh->accounts[config_account_place(fresh, one->name)], reader);
    }
    return changed;
}

int config_change_check(const struct config *config, struct config *fresh, const struct config_source *source,
                        enum config_reader reader, bool *changed, struct err *err)
{
    struct findings findings = {source, config->path == NULL ? "the environment" : config->path, {0}};
    buf_init(&findings.text, sizeof(err->text));
    for (size_t i = 0; i < settings_count; i++)
        if (settings[i].section != SECTION_ACCOUNT && setting_takes_restart(&settings[i], reader) &&
            values_differ(&settings[i], config, fresh))
            find(&findings, &settings[i], ACCOUNT_NONE, "");
    properties_compare(fresh, config, false, &findings);
    properties_compare(config, fresh, true, &findings);
    for (size_t i = 0; i < config->account_count; i++)
        account_compare(&config->accounts[i], fresh, &findings);
    int result = 0;
    if (findings.text.failed && findings.text.size == 0) /* a path may be longer than all that is said */
        result = err_set(err, ERR_USAGE, "takes a restart: what, there is no room for: the configuration has too long a path");
    else if (findings.text.size > 0)
        result = err_set(err, ERR_USAGE, "takes a restart: %s", findings.text.data);
    else
        *changed = is_changed(config, fresh, reader);
    buf_done(&findings.text);
    return result;
}

/* ---- what does not ---- */

void config_change_tell(const struct config *config, const struct config *fresh, enum config_reader reader)
{
    struct log_line line;
    struct buf added, changed;
    buf_init(&added, 1 << 20);
    buf_init(&changed, 1 << 20);
    for (size_t i = 0; i < fresh->account_count; i++) {
        const struct config_account *account = &fresh->accounts[i];
        size_t place = config_account_place(config, account->name);
        struct buf *list = place == ACCOUNT_NONE ? &added : &changed;
        if (place == ACCOUNT_NONE || account_is_changed(&config->accounts[place], account, reader))
            buf_printf(list, "%s%s", list->size == 0 ? "" : " ", account->name);
    }
    log_begin(&line, LOG_LEVEL_INFO, "reloaded");
    log_text(&line, "detail", span_of(fresh->path == NULL ? "the environment" : fresh->path));
    if (added.size > 0)
        log_text(&line, "added", buf_span(&added));
    if (changed.size > 0)
        log_text(&line, "changed", buf_span(&changed));
    log_number(&line, "accounts", (long long)fresh->account_count);
    log_end(&line);
    buf_done(&added);
    buf_done(&changed);
}

static void account_swap(struct config_account *one, struct config_account *other)
{
    struct config_account before = *one;
    *one = *other;
    *other = before;
}

void config_change(struct config *config, struct config *fresh)
{
    for (size_t i = 0; i < fresh->account_count; i++) {
        size_t place = config_account_place(config, fresh->accounts[i].name);
        if (place == ACCOUNT_NONE) {
            place = config->account_count++;
            config->accounts = mem_grow(config->accounts, config->account_count, sizeof(config->accounts[0]));
            config->accounts[place] = (struct config_account){0};
        }
        account_swap(&config->accounts[place], &fresh->accounts[i]);
    }
    config->memory_bytes = fresh->memory_bytes;
    config->strict_permissions = fresh->strict_permissions;
    config_free(fresh);
}
