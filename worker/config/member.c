#include "config/member.h"

void *config_member(struct config *config, const struct setting *setting, size_t account)
{
    void *base = config;
    if (setting_is_property(setting))
        return NULL;
    if (setting->section == SECTION_ACCOUNT)
        base = &config->accounts[account];
    return (char *)base + setting->offset;
}
