#include "config/settings.h"

#include "base/nearest.h"
#include "config/config.h"

#define AT(member)     offsetof(struct config, member)
#define IN(member)     offsetof(struct config_account, member)
#define SECONDS(count) (INT64_C(1000) * (count))
#define MINUTES(count) (INT64_C(60000) * (count))
#define DAYS(count)    (INT64_C(86400000) * (count))
#define MIB(count)     (INT64_C(1048576) * (count))

const struct setting settings[] = {
#define SETTING(section, name, type, member, required, fallback, min, max, example, help)                    \
    {SECTION_##section, name, SETTING_##type, member, required, fallback, min, max},
#include "config/settings.def"
};
const size_t settings_count = sizeof(settings) / sizeof(settings[0]);

static const char *const section_names[SECTION_COUNT] = {
#define SECTION(name, word, help) word,
#include "config/settings.def"
};

const char *section_name(enum config_section section)
{
    return section == SECTION_ACCOUNT ? "account NAME" : section_names[section];
}

enum config_section section_find(struct span name)
{
    unsigned section = 0;
    while (section < SECTION_COUNT && !span_equal(name, span_of(section_names[section])))
        section++;
    return (enum config_section)section;
}

bool setting_is_text(const struct setting *setting)
{
    return setting->type <= SETTING_HOST;
}

bool setting_is_property(const struct setting *setting)
{
    return setting->type == SETTING_PROPERTY || setting->type == SETTING_PROPERTY_COUNT ||
           setting->type == SETTING_PROPERTY_FILE;
}

const struct setting *setting_find(enum config_section section, struct span name)
{
    for (size_t i = 0; i < settings_count; i++)
        if (settings[i].section == section && span_equal(name, span_of(settings[i].name)))
            return &settings[i];
    return NULL;
}

const struct setting *setting_find_variable(enum config_section section, struct span name)
{
    for (size_t i = 0; i < settings_count; i++)
        if (settings[i].section == section && nearest_same(name, span_of(settings[i].name)))
            return &settings[i];
    return NULL;
}

void setting_variable(const struct setting *setting, struct span account, struct buf *out)
{
    char separator = '_';
    buf_add_text(out, "CUPBEARER_");
    size_t from = out->size;
    buf_add_text(out, section_names[setting->section]);
    buf_add(out, &separator, 1);
    if (setting->section == SECTION_ACCOUNT) {
        buf_add_span(out, account);
        buf_add(out, &separator, 1);
    }
    buf_add_text(out, setting->name);
    for (size_t i = from; i < out->size; i++) {
        char c = out->data[i];
        if (c >= 'a' && c <= 'z')
            out->data[i] = (char)(c - 'a' + 'A');
        else if (c == '-' || c == '.')
            out->data[i] = '_';
    }
}
