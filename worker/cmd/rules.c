#include "cmd/rules.h"

#include "os/secret.h"

static bool account_exists(const void *context, struct span name)
{
    const struct config *config = context;
    for (size_t i = 0; i < config->account_count; i++)
        if (span_equal(span_of(config->accounts[i].name), name))
            return true;
    return false;
}

struct keyring *rules_read(const struct config *config, const unsigned char hash_key[16],
                           struct event_rules *out, struct err *err)
{
    struct secret json;
    struct err why;
    if (secret_read(config->keyring_file, KEYRING_SIZE_MAX, &json, err) != 0)
        return NULL;
    struct keyring *keyring =
        keyring_read((struct span){(const char *)json.data, json.size}, hash_key, &why);
    secret_done(&json);
    if (keyring == NULL)
        err_set(err, why.code, "%.200s: %s", config->keyring_file, why.text);
    *out = (struct event_rules){.keyring = keyring,
                                .partitioner = config->partitioner,
                                .account_exists = account_exists,
                                .accounts = config};
    return keyring;
}
