#include "gate/gate.h"

#include <string.h>

/* Else it does not listen beyond loopback. */
bool gate_is_local(const struct gate *gate)
{
    return gate->config->gate.public_url == NULL && gate->config->gate.hosts == NULL;
}

struct site_names gate_names(const struct gate *gate)
{
    return (struct site_names){gate->config->gate.public_url, gate->config->gate.hosts};
}

const struct config_account *gate_account(const struct gate *gate, struct span name)
{
    const struct config *config = gate->config;
    for (size_t i = 0; i < config->account_count; i++)
        if (span_equal(name, span_of(config->accounts[i].name)))
            return &config->accounts[i];
    return NULL;
}
