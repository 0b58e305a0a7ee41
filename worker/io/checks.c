#include "io/checks.h"

#include <inttypes.h>
#include <time.h>

#include "base/json.h"
#include "engine/progress.h"
#include "event/payload.h"
#include "io/log.h"

#define BROKER_MS       10000
#define NEW_TOPIC_TRIES 8
#define NEW_TOPIC_MS    250

/* As deploy/compose/topics.sh. */
#define CREATE_EVENTS                                                                                        \
    " --config message.timestamp.type=LogAppendTime --config max.message.bytes=1048576 --config "            \
    "compression.type=uncompressed --config retention.ms=691200000"
#define CREATE_DEAD " --config message.timestamp.type=LogAppendTime"
#define CREATE_RECEIPTS                                                                                      \
    CREATE_DEAD " --config retention.ms=691200000" /* 7 days and the window, where that is 1 day */

/* ---- topics ---- */

/* How many partitions it has; 0 where there is no such topic. -1 with err where the broker does not answer. */
static int32_t checks_ask(rd_kafka_t *rk, const struct config *config, const char *topic, struct err *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, handle, &metadata, BROKER_MS);
    rd_kafka_topic_destroy(handle);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_UNREACHABLE,
                       "no answer from Kafka at %s: %s. Is it up, and is [kafka] bootstrap_servers right?",
                       config->bootstrap_servers, rd_kafka_err2str(code));
    const struct rd_kafka_metadata_topic *found = metadata->topic_cnt == 1 ? &metadata->topics[0] : NULL;
    code = found == NULL ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : found->err;
    int32_t count = code == RD_KAFKA_RESP_ERR_NO_ERROR ? found->partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
        code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        return err_set(err, ERR_UNREACHABLE, "topic %s: %s", topic, rd_kafka_err2str(code));
    return count;
}

static int checks_count(rd_kafka_t *rk, const struct config *config, const char *topic, int32_t like,
                        const char *settings, int32_t *out, struct err *err)
{
    /* A broker tells of a topic a moment after it was made. */
    for (int tries = 0; (*out = checks_ask(rk, config, topic, err)) == 0 && tries < NEW_TOPIC_TRIES; tries++)
        nanosleep(&(struct timespec){.tv_nsec = NEW_TOPIC_MS * 1000000L}, NULL);
    if (*out != 0)
        return *out < 0 ? -1 : 0;
    int32_t wanted = like > 0 ? like : config->partitions > 0 ? config->partitions : 12;
    return err_set(err, ERR_USAGE,
                   "there is no topic %s. Make it: kafka-topics.sh --bootstrap-server %s --create --topic %s "
                   "--partitions %d%s",
                   topic, config->bootstrap_servers, topic, (int)wanted, settings);
}

/* The value of message.timestamp.type; "" where the broker does not tell. */
static int checks_timestamp_type(rd_kafka_t *rk, const char *topic, char *out, size_t size, struct err *err)
{
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_AdminOptions_set_request_timeout(options, BROKER_MS, NULL, 0);
    rd_kafka_DescribeConfigs(rk, &resource, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, BROKER_MS + 1000);
    const rd_kafka_DescribeConfigs_result_t *result =
        event == NULL ? NULL : rd_kafka_event_DescribeConfigs_result(event);
    size_t resource_count = 0, entry_count = 0;
    const rd_kafka_ConfigResource_t **resources =
        result == NULL ? NULL : rd_kafka_DescribeConfigs_result_resources(result, &resource_count);
    const rd_kafka_ConfigEntry_t **entries =
        resource_count == 0 ? NULL : rd_kafka_ConfigResource_configs(resources[0], &entry_count);
    out[0] = 0;
    for (size_t i = 0; i < entry_count; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "message.timestamp.type") == 0)
            snprintf(out, size, "%s", rd_kafka_ConfigEntry_value(entries[i]));
    if (out[0] == 0) {
        const char *why = event == NULL                 ? "no answer"
                          : rd_kafka_event_error(event) ? rd_kafka_event_error_string(event)
                          : resource_count > 0          ? rd_kafka_ConfigResource_error_string(resources[0])
                                                        : "nothing was answered";
        err_set(err, ERR_UNREACHABLE,
                "the configuration of topic %s cannot be read (%s). The worker's user needs DESCRIBE_CONFIGS "
                "on it",
                topic, why == NULL ? "the setting is missing" : why);
    }
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
    return out[0] == 0 ? -1 : 0;
}

static int checks_timestamps(rd_kafka_t *rk, const struct config *config, struct err *err)
{
    char type[32];
    if (config->allow_create_time)
        return 0;
    if (checks_timestamp_type(rk, config->events_topic, type, sizeof(type), err) != 0)
        return -1;
    if (strcmp(type, "LogAppendTime") == 0)
        return 0;
    return err_set(
        err, ERR_USAGE,
        "topic %s has %s: a sender could choose when its own event expires. Mend it: kafka-configs.sh "
        "--bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config "
        "message.timestamp.type=LogAppendTime (or set [topics] allow_create_time = true)",
        config->events_topic, type, config->bootstrap_servers, config->events_topic);
}

static int checks_other_count(const struct config *config, const char *topic, int32_t count, int32_t events,
                              struct err *err)
{
    if (count == events)
        return 0;
    if (count < events)
        return err_set(
            err, ERR_USAGE,
            "topic %s has %d partitions, %s has %d: they must have the same number. Mend it: kafka-topics.sh "
            "--bootstrap-server %s --alter --topic %s --partitions %d",
            topic, (int)count, config->events_topic, (int)events, config->bootstrap_servers, topic,
            (int)events);
    return err_set(err, ERR_USAGE,
                   "topic %s has %d partitions, %s has %d: they must have the same number. Start a new one: "
                   "kafka-topics.sh --bootstrap-server %s --create --topic %s.2 --partitions %d, and name it "
                   "in [topics]",
                   topic, (int)count, config->events_topic, (int)events, config->bootstrap_servers, topic,
                   (int)events);
}

int checks_topics(rd_kafka_t *rk, const struct config *config, int32_t *partition_count, struct err *err)
{
    int32_t receipts = 0, dead = 0;
    if (checks_count(rk, config, config->events_topic, 0, CREATE_EVENTS, partition_count, err) != 0 ||
        checks_count(rk, config, config->receipts_topic, *partition_count, CREATE_RECEIPTS, &receipts, err) !=
            0 ||
        checks_count(rk, config, config->dead_topic, *partition_count, CREATE_DEAD, &dead, err) != 0)
        return -1;
    if (config->partitions > 0 && config->partitions != *partition_count)
        return err_set(err, ERR_USAGE,
                       "topic %s has %d partitions, [topics] partitions says %d. Partitions are never added "
                       "to a topic in "
                       "use (keys would move): start a new topic, or correct the setting",
                       config->events_topic, (int)*partition_count, (int)config->partitions);
    if (checks_other_count(config, config->receipts_topic, receipts, *partition_count, err) != 0 ||
        checks_other_count(config, config->dead_topic, dead, *partition_count, err) != 0)
        return -1;
    return checks_timestamps(rk, config, err);
}

/* ---- commits ---- */

int checks_other_secret(int32_t partition, uint64_t secret, uint64_t ours, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "partition %d was committed under mark secret %016" PRIx64 ", and mark_secret_file is %016" PRIx64
                   ": what others showed would be shown again. Put the secret of the other workers there, or name it in "
                   "mark_secret_previous_file. If it is lost for good, [worker] mark_secret_lost = %016" PRIx64
                   " goes on: what is under way, or is repeated within the dedup window, may then be shown a second time",
                   (int)partition, secret, ours, secret);
}

int checks_commits(rd_kafka_t *rk, const struct config *config, int32_t partition_count,
                   const struct engine *engine, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partition_count);
    for (int32_t i = 0; i < partition_count; i++)
        rd_kafka_topic_partition_list_add(list, config->events_topic, i);
    rd_kafka_resp_err_t code = kafka_committed(rk, list);
    int result = 0;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        result = err_set(err, ERR_UNREACHABLE, "Kafka does not tell what group %s has committed: %s",
                         config->group_id, rd_kafka_err2str(code));
    for (int i = 0; i < list->cnt && result == 0; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        struct progress progress;
        if (one->metadata_size > 0 &&
            progress_read((struct span){one->metadata, one->metadata_size}, &progress) && progress.has_secret &&
            !engine_knows_secret(engine, progress.secret))
            result = checks_other_secret(one->partition, progress.secret, engine_secret(engine), err);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

/* ---- accounts ---- */

static int checks_me(const struct config_account *account, const struct reply *reply, struct err *err)
{
    json_t *root = reply->is_json ? json_read(reply->body, REPLY_DEPTH_MAX, NULL) : NULL;
    const char *id = json_string_value(json_object_get(json_object_get(root, "data"), "account_id"));
    int result = 0;
    if (id == NULL)
        result = err_set(
            err, ERR_USAGE,
            "[account %s]: %s/api/v1/me does not answer as Papercups does. Does url name the API's host?",
            account->name, account->url);
    else if (strcmp(id, account->papercups_account) != 0)
        result = err_set(
            err, ERR_USAGE,
            "[account %s]: the key in %s belongs to Papercups account %.36s, papercups_account says %s. Put "
            "the right key there, or correct papercups_account",
            account->name, account->api_key_file, id, account->papercups_account);
    json_decref(root);
    return result;
}

int checks_account(const struct config_account *account, const struct http_site *site, int64_t timeout_ms,
                   struct err *err)
{
    struct reply reply;
    struct buf body;
    int result;
    http_get(site, "/api/v1/me", timeout_ms, &reply, &body);
    if (reply.transport != TRANSPORT_ANSWERED)
        result = err_set(err, ERR_UNREACHABLE,
                         "[account %s]: no answer from %s: %.*s. Is Papercups up, and url right?",
                         account->name, account->url, SPAN_ARGS(reply.failure));
    else if (reply.status == 401 || reply.status == 403)
        result = err_set(err, ERR_USAGE,
                         "[account %s]: Papercups does not accept the API key in %s (%d). Make a new one "
                         "under Settings, API keys",
                         account->name, account->api_key_file, reply.status);
    else if (reply.status >= 300 && reply.status <= 399)
        result = err_set(err, ERR_USAGE,
                         "[account %s]: %s answers with a redirect (%d); set url to where it leads "
                         "(mostly https:// instead of http://)",
                         account->name, account->url, reply.status);
    else if (reply.status != 200)
        result =
            err_set(err, ERR_UNREACHABLE,
                    "[account %s]: %s/api/v1/me answers %d. Does url name the API's host, and is Papercups "
                    "up?",
                    account->name, account->url, reply.status);
    else
        result = checks_me(account, &reply, err);
    buf_done(&body);
    return result;
}

/* A conversation comes with all its messages: of a longer one it is not asked in which inbox it is. */
#define CHAT_SIZE_MAX 1048576

/* How many chats there are, in that inbox where one is named (*inbox, else ""); -1: that is not to be had. *inbox becomes
 * that of one of them. */
static double checks_chats(const struct http_site *site, int64_t timeout_ms, struct uuid *inbox)
{
    struct reply reply;
    struct buf path, body;
    buf_init(&path, 256);
    buf_printf(&path, "/api/v1/conversations?source=chat&limit=1%s%s",
               inbox->text[0] == 0 ? "" : "&inbox_id=", inbox->text);
    http_get(site, path.data, timeout_ms, &reply, &body);
    bool good = reply.transport == TRANSPORT_ANSWERED && reply.status == 200 && reply.is_json &&
                reply.body.size <= CHAT_SIZE_MAX;
    json_t *root = good ? json_read_loose(reply.body, REPLY_DEPTH_MAX, NULL) : NULL;
    const json_t *total = json_object_get(root, "total");
    struct span found = json_member_span(json_array_get(json_object_get(root, "data"), 0), "inbox_id");
    double count = json_is_number(total) && uuid_is_valid(found) ? json_number_value(total) : -1;
    if (count >= 0)
        memcpy(inbox->text, found.data, found.size);
    json_decref(root);
    buf_done(&body);
    buf_done(&path);
    return count;
}

bool checks_has_inboxes(const struct http_site *site, int64_t timeout_ms)
{
    struct uuid inbox = {{0}};
    double all = checks_chats(site, timeout_ms, &inbox);
    double in_one = all > 1 ? checks_chats(site, timeout_ms, &inbox) : all;
    return in_one >= 0 && in_one < all;
}
