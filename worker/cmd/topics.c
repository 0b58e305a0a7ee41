#include "cmd/topics.h"

#include <sodium.h>

#include "os/mark_secret.h"

int topics_count(struct client *client, const struct config *config, int32_t *out, int32_t *served, struct err *err)
{
    const char *others[] = {config->receipts_topic, config->dead_topic};
    int result = client_partition_count(client, config->events_topic, out, err);
    bool added = config->partitions > 0 && config->partitions < *out; /* while the topic was in use */
    *served = added ? config->partitions : *out;
    for (size_t i = 0; i < 2 && result == 0; i++)
        result = client_has_count(client, config->events_topic, *served, others[i], added, err);
    return result;
}

int topics_committed(struct client *client, const struct config *config, const int32_t *partitions, size_t count,
                     int64_t *out, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, config->events_topic, partitions[i]);
    rd_kafka_resp_err_t error = rd_kafka_committed(client->rk, list, CLIENT_TIMEOUT_MS);
    for (int i = 0; i < list->cnt && error == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        error = list->elems[i].err;
        out[i] = list->elems[i].offset < 0 ? -1 : list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    if (error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
        error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        return err_set(err, ERR_UNREACHABLE, "what the group %.200s has committed may not be read: %s",
                       config->group_id, rd_kafka_err2str(error));
    return client_unreachable(client, "says what the group has committed", error, err);
}

static int ledger_key_add(struct ledger *ledger, const char *path, struct err *err)
{
    struct key secret;
    if (path == NULL)
        return 0;
    if (mark_secret_read(path, &secret, err) != 0)
        return -1;
    receipt_mac_key(&secret, ledger->mac_keys[ledger->mac_key_count++]);
    key_done(&secret);
    return 0;
}

int topics_ledger(const struct config *config, struct ledger *out, struct err *err)
{
    *out = (struct ledger){.events_topic = config->events_topic, .receipts_topic = config->receipts_topic};
    randombytes_buf(out->hash_key, sizeof(out->hash_key));
    if (ledger_key_add(out, config->mark_secret_file, err) == 0 &&
        ledger_key_add(out, config->mark_secret_previous_file, err) == 0)
        return 0;
    topics_ledger_done(out);
    return -1;
}

void topics_ledger_done(struct ledger *ledger)
{
    sodium_memzero(ledger, sizeof(*ledger));
}
