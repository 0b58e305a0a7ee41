#include "run/account_settings.h"

#include "base/mem.h"

struct account_options *account_settings(const struct config *config, const bool *held)
{
    struct account_options *list = mem_new(config->account_count, sizeof(*list));
    for (size_t i = 0; i < config->account_count; i++) {
        const struct config_account *account = &config->accounts[i];
        list[i] = (struct account_options){
            .index = i,
            .name = account->name,
            .inbox = account->inbox,
            .widget_host = account->widget_host,
            .email_given = account->email_given,
            .deliver_within_ms = account->deliver_within_ms,
            .deliver_within_max_ms = account->deliver_within_max_ms,
            .max_in_flight = account->max_in_flight,
            .papercups_account = account->papercups_account,
            .reopen = account->reopen,
            .unassign = account->unassign,
            .refuse_ambiguous = account->refuse_ambiguous,
            .held = held[i],
            /* A single account may fill the memory, and then the partitions pause; with several, none may crowd out the others. */
            .memory_bytes = config->account_count > 1 ? (size_t)config->memory_bytes / 4 : 0,
        };
    }
    return list;
}
