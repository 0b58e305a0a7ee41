#include "kafka/topic_settings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "config/form.h"
#include "os/log.h"

#define BROKER_MS    10000
#define ASK_TIMES    3
#define ACCEPT_MS    2000 /* where their being unread is accepted: the embedded broker never answers */
#define BEHIND_TRIES 40
#define BEHIND_MS    250
#define DAY_MS       INT64_C(86400000)
#define KEPT_MS      (7 * DAY_MS) /* what deliver_within_max may be at most */
/* The largest event, with its headers and key, and what Kafka wraps around it. */
#define EVENT_BYTES_MAX (INT64_C(280) << 10)

#define UNKNOWN INT64_MIN

struct topic_settings {
    bool known;
    bool unheard_of; /* by the broker that was asked */
    char timestamps[32], cleanup[64], unclean[8]; /* "": not told */
    int64_t retention_ms, retention_bytes, message_bytes, in_sync;
    char why[256]; /* it is not known */
};

const char *topic_deviation_word(enum topic_deviation kind)
{
    static const char *const words[] = {
#define DEVIATION(name, word, text) [DEVIATION_##name] = word,
#include "config/topic_deviation.def"
#undef DEVIATION
    };
    return words[kind];
}

const char *topic_name(const struct config *config, enum topic topic)
{
    return topic == TOPIC_EVENTS ? config->events_topic : topic == TOPIC_RECEIPTS ? config->receipts_topic : config->dead_topic;
}

static int64_t retention_needed_ms(const struct config *config)
{
    return config->window_ms + KEPT_MS;
}

void topic_create_command(const struct config *config, enum topic topic, int32_t partitions, int brokers, struct buf *out)
{
    int64_t days = (retention_needed_ms(config) + DAY_MS - 1) / DAY_MS;
    buf_printf(out, "kafka-topics.sh --bootstrap-server %.*s --create --topic %s --partitions %d",
               kafka_servers_shown(config->bootstrap_servers), config->bootstrap_servers, topic_name(config, topic),
               (int)partitions);
    if (brokers >= 3)
        buf_add_text(out, " --replication-factor 3 --config min.insync.replicas=2");
    else if (brokers == 2)
        buf_add_text(out, " --replication-factor 2");
    buf_printf(out,
               " --config cleanup.policy=delete --config unclean.leader.election.enable=false --config "
               "message.timestamp.type=LogAppendTime --config retention.ms=%" PRId64,
               (topic == TOPIC_DEAD ? 30 : days) * DAY_MS);
    if (topic == TOPIC_EVENTS)
        buf_add_text(out, " --config max.message.bytes=1048576 --config compression.type=uncompressed");
}

/* ---- what Kafka says ---- */

static void settings_take(struct topic_settings *settings, const char *name, const char *value)
{
    static const struct {
        const char *name;
        size_t offset;
    } numbers[] = {{"retention.ms", offsetof(struct topic_settings, retention_ms)},
                   {"retention.bytes", offsetof(struct topic_settings, retention_bytes)},
                   {"max.message.bytes", offsetof(struct topic_settings, message_bytes)},
                   {"min.insync.replicas", offsetof(struct topic_settings, in_sync)}};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (strcmp(name, numbers[i].name) == 0)
            *(int64_t *)(void *)((char *)settings + numbers[i].offset) = strtoll(value, NULL, 10);
    if (strcmp(name, "message.timestamp.type") == 0)
        snprintf(settings->timestamps, sizeof(settings->timestamps), "%s", value);
    else if (strcmp(name, "cleanup.policy") == 0)
        snprintf(settings->cleanup, sizeof(settings->cleanup), "%s", value);
    else if (strcmp(name, "unclean.leader.election.enable") == 0)
        snprintf(settings->unclean, sizeof(settings->unclean), "%s", value);
}

static void settings_read(struct topic_settings *settings, const rd_kafka_ConfigResource_t *resource)
{
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    const char *why = rd_kafka_ConfigResource_error_string(resource);
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_ConfigEntry_value(entries[i]) != NULL)
            settings_take(settings, rd_kafka_ConfigEntry_name(entries[i]), rd_kafka_ConfigEntry_value(entries[i]));
    settings->known = count > 0;
    settings->unheard_of = rd_kafka_ConfigResource_error(resource) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    snprintf(settings->why, sizeof(settings->why), "%s", why == NULL ? "nothing was answered" : why);
}

/* Whether there was an answer. */
static bool settings_ask_once(rd_kafka_t *rk, const struct config *config, int wait_ms,
                              struct topic_settings settings[TOPICS])
{
    rd_kafka_ConfigResource_t *asked[TOPICS];
    for (int i = 0; i < TOPICS; i++) {
        asked[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic_name(config, (enum topic)i));
        settings[i] = (struct topic_settings){
            .retention_ms = UNKNOWN, .retention_bytes = UNKNOWN, .message_bytes = UNKNOWN, .in_sync = UNKNOWN};
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_AdminOptions_set_request_timeout(options, wait_ms, NULL, 0);
    rd_kafka_DescribeConfigs(rk, asked, TOPICS, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, wait_ms + 1000);
    const rd_kafka_DescribeConfigs_result_t *result =
        event == NULL ? NULL : rd_kafka_event_DescribeConfigs_result(event);
    size_t count = 0;
    const rd_kafka_ConfigResource_t **found =
        result == NULL ? NULL : rd_kafka_DescribeConfigs_result_resources(result, &count);
    bool answered = event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR;
    const char *why = event == NULL ? "no answer"
                      : answered    ? "nothing was answered"
                                    : rd_kafka_event_error_string(event);
    for (int i = 0; i < TOPICS; i++) {
        snprintf(settings[i].why, sizeof(settings[i].why), "%s", why);
        for (size_t j = 0; j < count; j++)
            if (strcmp(rd_kafka_ConfigResource_name(found[j]), topic_name(config, (enum topic)i)) == 0)
                settings_read(&settings[i], found[j]);
        rd_kafka_ConfigResource_destroy(asked[i]);
    }
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return answered;
}

/* A broker hears of a new topic a moment after another one has told of it. NULL: each was known to the one that was asked. */
static const char *settings_lag(const struct config *config, const struct topic_place places[TOPICS],
                                const struct topic_settings settings[TOPICS])
{
    for (int i = 0; i < TOPICS; i++)
        if (places[i].partition_count > 0 && settings[i].unheard_of)
            return topic_name(config, (enum topic)i);
    return NULL;
}

/* librdkafka asks the controller for it, and the one that brokers name may just have died: until they notice, 9 s by default,
 * nobody answers. */
static void settings_ask(rd_kafka_t *rk, const struct config *config, const struct topic_place places[TOPICS],
                         struct topic_settings settings[TOPICS])
{
    struct span word = span_of(topic_deviation_word(DEVIATION_UNREAD_SETTINGS));
    bool accepted = form_has_word(span_of(config->accept), word);
    int silent = accepted ? 1 : ASK_TIMES, behind = BEHIND_TRIES;
    while (silent > 0 && behind > 0) {
        if (!settings_ask_once(rk, config, accepted ? ACCEPT_MS : BROKER_MS, settings)) {
            silent--;
            continue;
        }
        const char *topic = settings_lag(config, places, settings);
        if (topic == NULL)
            return;
        if (behind-- == BEHIND_TRIES)
            log_say(LOG_LEVEL_INFO, "waiting", "topic %s: a broker has not heard of it yet", topic);
        nanosleep(&(struct timespec){.tv_nsec = BEHIND_MS * 1000000L}, NULL);
    }
}

/* ---- what is refused ---- */

struct judge {
    const struct config *config;
    const struct finding_sink *sink; /* NULL: this is a start */
    unsigned *deviations;
    struct err *err;
};

/* "kafka-configs.sh … NAME=VALUE" */
static void command_put(const struct config *config, enum topic topic, struct finding *finding, const char *setting)
{
    FINDING_PUT(finding->command,
                "kafka-configs.sh --bootstrap-server %.*s --alter --entity-type topics --entity-name %.249s --add-config %.60s",
                kafka_servers_shown(config->bootstrap_servers), config->bootstrap_servers, topic_name(config, topic), setting);
}

static int timestamps_refuse(const struct judge *judge, const char *type)
{
    struct finding finding = {.level = FINDING_PROBLEM, .code = ERR_USAGE};
    FINDING_PUT(finding.what, "topic %s has %s", judge->config->events_topic, type);
    FINDING_PUT(finding.why, "a sender could choose when its own event expires");
    command_put(judge->config, TOPIC_EVENTS, &finding, "message.timestamp.type=LogAppendTime");
    FINDING_PUT(finding.instead, "or set [topics] allow_create_time = true");
    return finding_report(judge->sink, &finding, "topic_settings", judge->err);
}

/* 0 where it is accepted, which is told. `fix`: NAME=VALUE; NULL: `what` says what to do. */
static int deviation_found(const struct judge *judge, enum topic topic, enum topic_deviation kind, const char *what,
                           const char *fix)
{
    static const char *const follows[] = {
#define DEVIATION(name, word, text) [DEVIATION_##name] = text,
#include "config/topic_deviation.def"
#undef DEVIATION
    };
    const struct config *config = judge->config;
    const char *name = topic_name(config, topic), *word = topic_deviation_word(kind);
    struct finding finding = {.level = FINDING_PROBLEM, .code = fix == NULL ? ERR_UNREACHABLE : ERR_USAGE};
    FINDING_PUT(finding.why, "%s", follows[kind]);
    if (fix != NULL)
        command_put(config, topic, &finding, fix);
    if (form_has_word(span_of(config->accept), span_of(word))) {
        *judge->deviations |= 1U << kind;
        finding.level = FINDING_WARNING;
        finding.code = ERR_NONE;
        FINDING_PUT(finding.what, "topic %s %s, and [topics] accept has %s", name, what, word);
    } else {
        FINDING_PUT(finding.what, "topic %s %s", name, what);
        FINDING_PUT(finding.instead, "or, to go on with that, [topics] accept = %s", word);
    }
    return finding_report(judge->sink, &finding, "topic_deviation", judge->err);
}

static int settings_judge(const struct judge *judge, enum topic topic, const struct topic_settings *settings)
{
    char what[384], fix[80];
    int64_t needed = retention_needed_ms(judge->config);
    if (!settings->known) {
        snprintf(what, sizeof(what), "does not tell its settings (%s)%s", settings->why,
                 settings->unheard_of ? "" : ": the worker's user needs DESCRIBE_CONFIGS on it");
        return deviation_found(judge, topic, DEVIATION_UNREAD_SETTINGS, what, NULL);
    }
    if (topic == TOPIC_EVENTS && !judge->config->allow_create_time && strcmp(settings->timestamps, "LogAppendTime") != 0 &&
        timestamps_refuse(judge, settings->timestamps) != 0)
        return -1;
    snprintf(what, sizeof(what), "has cleanup.policy=%s", settings->cleanup);
    if (settings->cleanup[0] != 0 && strcmp(settings->cleanup, "delete") != 0 &&
        deviation_found(judge, topic, DEVIATION_CLEANUP_POLICY, what, "cleanup.policy=delete") != 0)
        return -1;
    snprintf(what, sizeof(what), "has retention.ms=%" PRId64 ", less than [dedup] window and 7 days (%" PRId64 ")",
             settings->retention_ms, needed);
    snprintf(fix, sizeof(fix), "retention.ms=%" PRId64, (needed + DAY_MS - 1) / DAY_MS * DAY_MS);
    if (topic == TOPIC_RECEIPTS && settings->retention_ms >= 0 && settings->retention_ms < needed &&
        deviation_found(judge, topic, DEVIATION_RECEIPTS_RETENTION, what, fix) != 0)
        return -1;
    if (strcmp(settings->unclean, "true") == 0)
        return deviation_found(judge, topic, DEVIATION_UNCLEAN_ELECTION, "has unclean.leader.election.enable=true",
                               "unclean.leader.election.enable=false");
    return 0;
}

/* ---- what is told ---- */

static void unwise(const struct judge *judge, enum topic topic, const char *setting, const char *what, const char *why)
{
    struct finding finding = {.level = FINDING_WARNING};
    FINDING_PUT(finding.what, "topic %s has %s", topic_name(judge->config, topic), what);
    FINDING_PUT(finding.why, "%s", why);
    if (setting != NULL)
        command_put(judge->config, topic, &finding, setting);
    finding_report(judge->sink, &finding, "topic_settings", judge->err);
}

static void settings_tell(const struct judge *judge, enum topic topic, const struct topic_settings *settings,
                          const struct topic_place *place, int64_t events_bytes)
{
    char what[128], fix[80];
    snprintf(what, sizeof(what), "retention.bytes=%" PRId64, settings->retention_bytes);
    if (settings->retention_bytes >= 0)
        unwise(judge, topic, "retention.bytes=-1", what, "a busy hour deletes what is younger than retention.ms");
    snprintf(what, sizeof(what), "max.message.bytes=%" PRId64, settings->message_bytes);
    if (topic == TOPIC_EVENTS && settings->message_bytes >= 0 && settings->message_bytes < EVENT_BYTES_MAX)
        unwise(judge, topic, "max.message.bytes=1048576", what, "the largest events do not fit");
    snprintf(what, sizeof(what), "max.message.bytes=%" PRId64 ", events have %" PRId64, settings->message_bytes, events_bytes);
    snprintf(fix, sizeof(fix), "max.message.bytes=%" PRId64, events_bytes);
    if (topic == TOPIC_DEAD && settings->message_bytes >= 0 && settings->message_bytes < events_bytes)
        unwise(judge, topic, fix, what, "the largest dead letters come without their value, and cannot be sent again");
    snprintf(what, sizeof(what), "replication factor 1 in a cluster of %d brokers", place->brokers);
    if (place->replicas == 1 && place->brokers > 1)
        unwise(judge, topic, NULL, what, "with one of them its partitions are gone");
    else if (place->replicas > 1 && settings->in_sync == 1)
        unwise(judge, topic, place->replicas > 2 ? "min.insync.replicas=2" : NULL, "min.insync.replicas=1",
               "what one broker alone has acknowledged is gone with it. Better: 2, with replication factor 3");
}

int topic_settings_check(rd_kafka_t *rk, const struct config *config, const struct topic_place places[TOPICS],
                         const struct finding_sink *sink, unsigned *deviations, struct err *err)
{
    struct topic_settings settings[TOPICS];
    const struct judge judge = {config, sink, deviations, err};
    *deviations = 0;
    settings_ask(rk, config, places, settings);
    for (int i = 0; i < TOPICS; i++)
        if (places[i].partition_count > 0 && settings_judge(&judge, (enum topic)i, &settings[i]) != 0)
            return -1;
    for (int i = 0; i < TOPICS; i++)
        if (settings[i].known)
            settings_tell(&judge, (enum topic)i, &settings[i], &places[i], settings[TOPIC_EVENTS].message_bytes);
    return 0;
}
