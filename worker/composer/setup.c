#include "base/json.h"
#include "composer/composer.h"
#include "event/partitioner.h"
#include "os/clock.h"

/* The keys that may write to the account now: the gate's own, where its entry in the keyring grants it. */
static json_t *setup_keys(const struct config *config, const struct keyring *keyring, const char *account)
{
    json_t *keys = json_array();
    const struct keyring_entry *entry =
        config->gate.key_id == NULL ? NULL : keyring_find(keyring, span_of(config->gate.key_id));
    int64_t now_ms = clock_now().wall.ms;
    if (entry != NULL && !entry->revoked && entry->not_before_ms <= now_ms && now_ms <= entry->not_after_ms &&
        keyring_entry_grants(entry, span_of(account)))
        json_array_append_new(keys, json_pack("{s:s,s:s}", "id", entry->id, "sender", entry->sender));
    return keys;
}

static json_t *setup_hosts(const char *list)
{
    json_t *hosts = json_array();
    struct span left = span_of(list);
    while (left.data != NULL) {
        struct span host = span_cut(&left, ' ');
        if (host.size > 0)
            json_array_append_new(hosts, json_stringn(host.data, host.size));
    }
    return hosts;
}

/* librdkafka's name of it, as snippets set it. */
static const char *setup_partitioner(const struct config *config)
{
    return strchr(partitioner_setting(config->partitioner), '=') + 1;
}

void composer_setup(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    const struct config *config = gate->config;
    const struct keyring *keyring = keys_take(gate->keys);
    json_t *accounts = json_array();
    (void)request;
    for (size_t i = 0; i < config->account_count; i++) {
        const struct config_account *account = &config->accounts[i];
        json_array_append_new(
            accounts, json_pack("{s:s,s:o,s:s}", "name", account->name, "keys",
                                setup_keys(config, keyring, account->name), "dashboard_url",
                                account->dashboard_url != NULL ? account->dashboard_url : account->url));
    }
    snapshot_give(gate->keys, keyring);
    gate_reply_json(reply, 200,
                    json_pack("{s:o,s:o,s:s,s:s,s:s}", "accounts", accounts, "link_hosts",
                              setup_hosts(config->gate.link_hosts), "topic", config->events_topic,
                              "partitioner", setup_partitioner(config), "version", CUPBEARER_VERSION));
}
