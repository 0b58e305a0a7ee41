#include "io/topic_checks.h"

#include <time.h>

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

/* How many partitions it has; 0 where there is no such topic. -1 with err where the broker does not answer. */
static int32_t topic_ask(rd_kafka_t *rk, const struct config *config, const char *topic, struct err *err)
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

static int topic_count(rd_kafka_t *rk, const struct config *config, const char *topic, int32_t like,
                        const char *settings, int32_t *out, struct err *err)
{
    /* A broker tells of a topic a moment after it was made. */
    for (int tries = 0; (*out = topic_ask(rk, config, topic, err)) == 0 && tries < NEW_TOPIC_TRIES; tries++)
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
static int topic_timestamp_type(rd_kafka_t *rk, const char *topic, char *out, size_t size, struct err *err)
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

static int topic_timestamps(rd_kafka_t *rk, const struct config *config, struct err *err)
{
    char type[32];
    if (config->allow_create_time)
        return 0;
    if (topic_timestamp_type(rk, config->events_topic, type, sizeof(type), err) != 0)
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

/* Whether workers of the group have done anything with the topic, as far as that can be had. */
static bool topic_is_in_use(rd_kafka_t *rk, const struct config *config, int32_t events)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(events);
    for (int32_t i = 0; i < events; i++)
        rd_kafka_topic_partition_list_add(list, config->events_topic, i);
    bool in_use = kafka_committed(rk, list) != RD_KAFKA_RESP_ERR_NO_ERROR; /* not known: nothing is moved then */
    for (int i = 0; i < list->cnt; i++)
        in_use = in_use || list->elems[i].offset >= 0;
    rd_kafka_topic_partition_list_destroy(list);
    return in_use;
}

/* What lies in the topic, and what workers remember of it, is where so many partitions put it: to have more of them now would
 * make records wrong_partition, and repetitions unknown. */
static int topic_fewer(rd_kafka_t *rk, const struct config *config, const char *topic, int32_t count, int32_t events,
                       struct err *err)
{
    if (!topic_is_in_use(rk, config, events))
        return err_set(
            err, ERR_USAGE,
            "topic %s has %d partitions, %s has %d: they must have the same number. Mend it: kafka-topics.sh "
            "--bootstrap-server %s --alter --topic %s --partitions %d",
            topic, (int)count, config->events_topic, (int)events, config->bootstrap_servers, topic, (int)events);
    return err_set(err, ERR_USAGE,
                   "topic %s has %d partitions, %s has %d: if they were added while it was in use, set [topics] partitions = "
                   "%d. The old ones go on then, and the new ones wait; README.md, Operate, \"Partitions were added\" says how "
                   "to serve all of them (with cupbearer dead resend --wrong-partition)",
                   topic, (int)count, config->events_topic, (int)events, (int)count);
}

static int topic_other_count(rd_kafka_t *rk, const struct config *config, const char *topic, int32_t count,
                             int32_t events, int32_t served, struct err *err)
{
    if (count == events || (served < events && count >= served))
        return 0;
    if (count < served)
        return topic_fewer(rk, config, topic, count, events, err);
    return err_set(err, ERR_USAGE,
                   "topic %s has %d partitions, %s has %d: they must have the same number. Start a new one: "
                   "kafka-topics.sh --bootstrap-server %s --create --topic %s.2 --partitions %d, and name it "
                   "in [topics]",
                   topic, (int)count, config->events_topic, (int)events, config->bootstrap_servers, topic,
                   (int)events);
}

void topic_tell_added(const struct config *config, int32_t served, int32_t unserved)
{
    log_say(LOG_LEVEL_ERROR, "partitions_added",
            "%d partitions of topic %s are not served: they were added while it was in use, and the keys of events have moved. "
            "The first %d go on ([topics] partitions = %d); README.md, Operate, \"Partitions were added\" says what to do",
            (int)unserved, config->events_topic, (int)served, (int)served);
}

int topic_checks(rd_kafka_t *rk, const struct config *config, int32_t *partition_count, struct err *err)
{
    int32_t events = 0, receipts = 0, dead = 0;
    if (topic_count(rk, config, config->events_topic, 0, CREATE_EVENTS, &events, err) != 0)
        return -1;
    int32_t served = *partition_count = config->partitions > 0 ? config->partitions : events;
    if (topic_count(rk, config, config->receipts_topic, served, CREATE_RECEIPTS, &receipts, err) != 0 ||
        topic_count(rk, config, config->dead_topic, served, CREATE_DEAD, &dead, err) != 0)
        return -1;
    if (served > events)
        return err_set(err, ERR_USAGE,
                       "topic %s has %d partitions, [topics] partitions says %d. Partitions are never added "
                       "to a topic in use (keys would move): start a new topic, or correct the setting",
                       config->events_topic, (int)events, (int)served);
    if (topic_other_count(rk, config, config->receipts_topic, receipts, events, served, err) != 0 ||
        topic_other_count(rk, config, config->dead_topic, dead, events, served, err) != 0)
        return -1;
    if (served < events)
        topic_tell_added(config, served, events - served);
    return topic_timestamps(rk, config, err);
}
