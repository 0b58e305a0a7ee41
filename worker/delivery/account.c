#include "delivery/account.h"

#include <stdlib.h>

#include "base/mem.h"

struct account *account_new(const struct account_options *options)
{
    struct account *account = mem_new(1, sizeof(*account));
    account->options = *options;
    account->options.name = mem_copy(span_of(options->name));
    account->options.widget_host = mem_copy(span_of(options->widget_host));
    if (options->inbox != NULL)
        account->options.inbox = mem_copy(span_of(options->inbox));
    account->node.key = span_of(account->options.name);
    return account;
}

void account_free(struct account *account)
{
    if (account == NULL)
        return;
    free((char *)(uintptr_t)account->options.name);
    free((char *)(uintptr_t)account->options.widget_host);
    free((char *)(uintptr_t)account->options.inbox);
    free(account);
}

int64_t account_deliver_within_ms(const struct account *account, int64_t wish_s)
{
    int64_t ms = wish_s > 0 ? wish_s * 1000 : account->options.deliver_within_ms;
    return ms < account->options.deliver_within_max_ms ? ms : account->options.deliver_within_max_ms;
}
