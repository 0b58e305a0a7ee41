#include "gate/follower.h"

#include <jansson.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/record.h"
#include "io/kafka.h"
#include "io/log.h"
#include "io/mark_secret.h"
#include "io/record_of.h"
#include "receipt/receipt.h"

#define POLL_MS   200
#define TAIL_EACH 500 /* receipts of each partition that are older than this gate */

struct follower {
    const struct config *config;
    struct receipts *receipts;
    rd_kafka_t *rk;
    pthread_t thread;
    bool started;
    atomic_bool ending;
    unsigned char keys[2][32]; /* of the codes: the present mark secret's, and the one's before it */
    size_t key_count;
};

/* ---- the thread ---- */

static bool follower_believes(const struct follower *follower, int32_t partition, const struct record *record)
{
    for (size_t i = 0; i < follower->key_count; i++)
        if (receipt_has_mac(follower->keys[i], span_of(follower->config->receipts_topic), partition, record))
            return true;
    return false;
}

static void follower_take(struct follower *follower, const struct record *record)
{
    struct receipt receipt;
    json_t *root;
    if (!follower_believes(follower, record->partition, record)) {
        log_say(LOG_LEVEL_WARNING, "receipt_ignored", "%s/%d/%lld has no good code",
                follower->config->receipts_topic, (int)record->partition, (long long)record->offset);
        return;
    }
    if (receipt_read(record->value, &receipt, &root, NULL) != 0)
        return;
    const struct receipt_seen seen = {.partition = record->partition,
                                      .offset = record->offset,
                                      .event_id = receipt.event_id,
                                      .account = receipt.account,
                                      .event_partition = receipt.partition,
                                      .event_offset = receipt.offset,
                                      .is_repetition = receipt.outcome == OUTCOME_DUPLICATE,
                                      .json = record->value};
    if (receipt.event_id.data != NULL && receipt.account.data != NULL &&
        span_equal(receipt.topic, span_of(follower->config->events_topic)))
        receipts_add(follower->receipts, &seen);
    json_decref(root);
}

static void *follower_run(void *data)
{
    struct follower *follower = data;
    while (!follower->ending) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(follower->rk, POLL_MS);
        if (message == NULL)
            continue;
        struct record record;
        struct header headers[RECORD_HEADERS];
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            record_of(message, headers, &record);
            follower_take(follower, &record);
        } else {
            log_say(LOG_LEVEL_WARNING, "receipts", "%s", rd_kafka_message_errstr(message));
        }
        rd_kafka_message_destroy(message);
    }
    return NULL;
}

/* ---- start and end ---- */

static int follower_read_key(struct follower *follower, const char *path, struct err *err)
{
    struct key mark_secret;
    if (path == NULL)
        return 0;
    if (mark_secret_read(path, &mark_secret, err) != 0)
        return -1;
    receipt_mac_key(&mark_secret, follower->keys[follower->key_count++]);
    key_done(&mark_secret);
    return 0;
}

static int follower_assign(struct follower *follower, int32_t partition_count, struct err *err)
{
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partition_count);
    for (int32_t i = 0; i < partition_count; i++)
        rd_kafka_topic_partition_list_add(all, follower->config->receipts_topic, i)->offset =
            RD_KAFKA_OFFSET_TAIL(TAIL_EACH);
    rd_kafka_resp_err_t code = rd_kafka_assign(follower->rk, all);
    rd_kafka_topic_partition_list_destroy(all);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? 0
               : err_set(err, ERR_UNREACHABLE, "receipts cannot be read: %s", rd_kafka_err2str(code));
}

static int follower_start(struct follower *follower, int32_t partition_count, struct err *err)
{
    const struct
        kafka_setting
            settings
                [] =
                    {
                        {"group.id", follower->config->group_id}, /* librdkafka wants one; it is never joined */
                        {"enable.auto.commit", "false"},
                        {"auto.offset.reset", "earliest"}, /* fewer than TAIL_EACH are there */
                        {"allow.auto.create.topics", "false"},
                        {"fetch.wait.max.ms", "100"},
                        {NULL, NULL},
                    };
    if (follower_read_key(follower, follower->config->mark_secret_file, err) != 0 ||
        follower_read_key(follower, follower->config->mark_secret_previous_file, err) != 0)
        return -1;
    rd_kafka_conf_t *conf = kafka_consumer_conf_new(follower->config, settings, err);
    follower->rk = conf == NULL ? NULL : kafka_new(RD_KAFKA_CONSUMER, conf, err);
    if (follower->rk == NULL)
        return -1;
    rd_kafka_poll_set_consumer(follower->rk);
    if (follower_assign(follower, partition_count, err) != 0)
        return -1;
    int os = pthread_create(&follower->thread, NULL, follower_run, follower);
    follower->started = os == 0;
    return os == 0 ? 0 : err_os(err, os, "no thread for receipts");
}

struct follower *follower_new(const struct config *config, int32_t partition_count, struct receipts *receipts,
                              struct err *err)
{
    struct follower *follower = mem_new(1, sizeof(*follower));
    follower->config = config;
    follower->receipts = receipts;
    if (follower_start(follower, partition_count, err) == 0)
        return follower;
    follower_free(follower);
    return NULL;
}

void follower_free(struct follower *follower)
{
    if (follower == NULL)
        return;
    follower->ending = true;
    if (follower->started)
        pthread_join(follower->thread, NULL);
    if (follower->rk != NULL)
        rd_kafka_destroy_flags(follower->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    sodium_memzero(follower->keys, sizeof(follower->keys));
    free(follower);
}
