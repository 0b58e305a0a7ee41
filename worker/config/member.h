#ifndef CONFIG_MEMBER_H
#define CONFIG_MEMBER_H

#include "config/config.h"
#include "config/settings.h"

/* Where a setting's value lies in `config`, whose accounts stand in the order of the source's; NULL for a property. */
void *config_member(struct config *config, const struct setting *setting, size_t account);

#endif
