#include "kafka/kafka.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "os/log.h"

#define LOOKUP_MS    10000
#define LOOKUP_TRIES 20
#define AGAIN_MS     250

#define POLL_SLACK_MS 15000

#define SERVERS_SHOWN 150

/* Clients log from their own threads. */
static pthread_mutex_t complaint_mutex = PTHREAD_MUTEX_INITIALIZER;
static char complaint[512];

void kafka_complaint(char *out, size_t size)
{
    pthread_mutex_lock(&complaint_mutex);
    snprintf(out, size, "%s", complaint);
    pthread_mutex_unlock(&complaint_mutex);
}

static void complaint_note(const char *text)
{
    /* "[thrd:NAME]: " and the broker are before it, and that all brokers are down follows the one that says why. */
    const char *found = strstr(text, "]: ");
    if (strstr(text, "brokers are down") != NULL)
        return;
    pthread_mutex_lock(&complaint_mutex);
    snprintf(complaint, sizeof(complaint), "%s", found == NULL ? text : found + 3);
    pthread_mutex_unlock(&complaint_mutex);
}

int kafka_servers_shown(const char *servers)
{
    size_t size = strlen(servers);
    if (size > SERVERS_SHOWN) {
        size = SERVERS_SHOWN;
        while (size > 0 && servers[size] != ',')
            size--;
    }
    return (int)(size > 0 ? size : strcspn(servers, ","));
}

const char *kafka_login_note(const struct config *config)
{
    static char note[192];
    for (size_t i = 0; i < config->property_count; i++)
        if (strcmp(config->properties[i].name, "sasl.mechanisms") == 0 &&
            strncmp(config->properties[i].value, "SCRAM-", 6) == 0 && rd_kafka_version() < 0x02060100) {
            snprintf(note, sizeof(note),
                     "librdkafka %s cannot log in by %.20s at Kafka 4 (its issue 4895): 2.6.1 and later can, and PLAIN does",
                     rd_kafka_version_str(), config->properties[i].value);
            return note;
        }
    return NULL;
}

void kafka_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    struct log_line line;
    (void)rk;
    /* With each metadata request librdkafka 2.0.2 warns that brokers older than 0.11 may auto-create topics: of the demo's embedded
     * broker that is several times a second. */
    if (strcmp(facility, "AUTOCREATE") == 0)
        return;
    if (strcmp(facility, "FAIL") == 0 || level <= 3)
        complaint_note(text);
    log_begin(&line, level <= 3 ? LOG_LEVEL_WARNING : level <= 6 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "kafka");
    log_text(&line, "facility", span_of(facility));
    log_text(&line, "detail", span_of(text));
    log_end(&line);
}

static int kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return 0;
    /* librdkafka quotes the value; the value of one of these may be a password. */
    if (strstr(name, "password") != NULL || strstr(name, "secret") != NULL)
        return err_set(err, ERR_USAGE, "[kafka] %s: librdkafka refuses the value", name);
    if (strstr(why, "not supported in this build") != NULL)
        return err_set(err, ERR_USAGE, "[kafka] %s: %s; this is librdkafka %s: take another build of it, or another version", name, why,
                       rd_kafka_version_str());
    return err_set(err, ERR_USAGE, "[kafka] %s: %s", name, why);
}

static int kafka_set_all(rd_kafka_conf_t *conf, const struct kafka_setting *settings, struct err *err)
{
    for (; settings->name != NULL; settings++)
        if (kafka_set(conf, settings->name, settings->value, err) != 0)
            return -1;
    return 0;
}

/* librdkafka fetches them itself, served by a thread of its own: nobody polls during the checks of a start. */
static bool kafka_uses_tokens(const rd_kafka_conf_t *conf)
{
    char mechanism[32] = "";
    size_t size = sizeof(mechanism);
    return rd_kafka_conf_get(conf, "sasl.mechanisms", mechanism, &size) == RD_KAFKA_CONF_OK &&
           strcmp(mechanism, "OAUTHBEARER") == 0;
}

rd_kafka_conf_t *kafka_conf_new_with(const struct config *config, const struct kafka_setting *defaults,
                                     const struct kafka_setting *settings, struct err *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int result = kafka_set(conf, "bootstrap.servers", config->bootstrap_servers, err);
    if (result == 0)
        result = kafka_set_all(conf, defaults, err);
    for (size_t i = 0; i < config->property_count && result == 0; i++)
        result = kafka_set(conf, config->properties[i].name, config->properties[i].value, err);
    if (result == 0)
        result = kafka_set_all(conf, settings, err);
    if (result != 0) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_log_cb(conf, kafka_log);
    if (kafka_uses_tokens(conf))
        rd_kafka_conf_enable_sasl_queue(conf, 1);
    return conf;
}

rd_kafka_conf_t *kafka_conf_new(const struct config *config, const struct kafka_setting *settings,
                                struct err *err)
{
    static const struct kafka_setting none[] = {{NULL, NULL}};
    return kafka_conf_new_with(config, none, settings, err);
}

rd_kafka_conf_t *kafka_producer_conf_new(const struct config *config, const struct kafka_setting *defaults,
                                         const struct kafka_setting *settings, struct err *err)
{
    static const struct kafka_setting own[] = {
        {"acks", "all"}, {"enable.idempotence", "true"}, {"message.max.bytes", "4000000"}, {NULL, NULL}};
    rd_kafka_conf_t *conf = kafka_conf_new_with(config, defaults, own, err);
    if (conf == NULL || kafka_set_all(conf, settings, err) == 0)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

static long long kafka_conf_number(const rd_kafka_conf_t *conf, const char *name)
{
    char text[32] = "";
    size_t size = sizeof(text);
    rd_kafka_conf_get(conf, name, text, &size);
    return strtoll(text, NULL, 10);
}

/* librdkafka requires it to be at least the session timeout; it must exceed the longest that the loop can be busy without polling.
 * */
static int kafka_set_poll_interval(rd_kafka_conf_t *conf, const struct config *config, struct err *err)
{
    long long least = kafka_conf_number(conf, "session.timeout.ms") + config->drain_timeout_ms + POLL_SLACK_MS;
    if (kafka_conf_number(conf, "max.poll.interval.ms") >= least)
        return 0;
    char text[32];
    snprintf(text, sizeof(text), "%lld", least);
    return kafka_set(conf, "max.poll.interval.ms", text, err);
}

/* Whether librdkafka can be told how soon it resumes after a full queue; by itself it looks once a second. */
static bool kafka_has_queue_backoff(void)
{
    return rd_kafka_version() >= 0x02020000;
}

size_t kafka_queue_full_bytes(const rd_kafka_t *rk)
{
    if (kafka_has_queue_backoff())
        return SIZE_MAX;
    return (size_t)kafka_conf_number(rd_kafka_conf((rd_kafka_t *)rk), "queued.max.messages.kbytes") * 1024;
}

/* librdkafka reconsiders whether to fetch when the thread of the leader's connection wakes, for any request. This one asks for the
 * logs' ends, which is cheap to answer; as it may not wait, the answer is dropped. */
void kafka_fetch_again(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = RD_KAFKA_OFFSET_END;
    if (list->cnt > 0)
        rd_kafka_offsets_for_times(rk, list, 0);
}

int64_t kafka_max_poll_ms(const rd_kafka_t *rk)
{
    return kafka_conf_number(rd_kafka_conf((rd_kafka_t *)rk), "max.poll.interval.ms");
}

/* Little is fetched ahead: what waits, waits in the log. Where librdkafka cannot be told to look after a full queue, a refresh
 * of metadata wakes it, of one broker at least. */
rd_kafka_conf_t *kafka_consumer_conf_new(const struct config *config, enum kafka_isolation isolation,
                                         const struct kafka_setting *settings, struct err *err)
{
    const struct kafka_setting defaults[] = {
        {"queued.max.messages.kbytes", "16"},
        {"fetch.message.max.bytes", "65536"}, /* of a partition at once; a larger record comes all the same */
        /* One fetch at a time is under way: where that is of partitions with nothing to read, those whose queues were full when
         * it was sent wait so long. */
        {"fetch.wait.max.ms", "100"},
        kafka_has_queue_backoff()
            ? (struct kafka_setting){"fetch.queue.backoff.ms", "5"}
            : (struct kafka_setting){"topic.metadata.refresh.interval.ms", "100"},
        /* How late added partitions are noticed; by default librdkafka looks every five minutes. */
        {kafka_has_queue_backoff() ? "topic.metadata.refresh.interval.ms" : NULL, "30000"},
        {NULL, NULL},
    };
    const struct kafka_setting own[] = {
        /* librdkafka wants one, also of who joins none */
        {"group.id", config->group_id != NULL ? config->group_id : "cupbearer"},
        {"enable.auto.commit", "false"},
        {"auto.offset.reset", "earliest"}, /* retention may delete where reading begins */
        {"allow.auto.create.topics", "false"},
        {"enable.partition.eof", "true"},
        {"isolation.level", isolation == KAFKA_READ_COMMITTED ? "read_committed" : "read_uncommitted"},
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf = kafka_conf_new_with(config, defaults, own, err);
    if (conf == NULL ||
        (kafka_set_all(conf, settings, err) == 0 && kafka_set_poll_interval(conf, config, err) == 0))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

rd_kafka_t *kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *err)
{
    char why[256];
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        err_set(err, ERR_USAGE, "librdkafka refuses the settings of [kafka]: %s", why);
        return NULL;
    }
    rd_kafka_error_t *error =
        kafka_uses_tokens(rd_kafka_conf(rk)) ? rd_kafka_sasl_background_callbacks_enable(rk) : NULL;
    if (error != NULL) {
        log_say(LOG_LEVEL_WARNING, "kafka", "%s", rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
    }
    return rk;
}

rd_kafka_t *kafka_bystander_new(const struct config *config, enum kafka_isolation isolation,
                                const struct kafka_setting *settings, struct err *err)
{
    rd_kafka_conf_t *conf = kafka_consumer_conf_new(config, isolation, settings, err);
    rd_kafka_t *rk = conf == NULL ? NULL : kafka_new(RD_KAFKA_CONSUMER, conf, err);
    if (rk != NULL)
        rd_kafka_poll_set_consumer(rk);
    return rk;
}

int kafka_queue_fd(rd_kafka_queue_t *queue, struct err *err)
{
    /* Readable from the start: librdkafka writes to it only when the queue was empty, and something may be in it already. */
    int fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        return err_os(err, errno, "eventfd");
    kafka_queue_fd_add(queue, fd);
    return fd;
}

void kafka_queue_fd_add(rd_kafka_queue_t *queue, int fd)
{
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof(one));
    /* What it holds already makes no event, and neither does what comes behind that: a partition's queue keeps what was fetched
     * for an assignment that is over. */
    kafka_queue_fd_set(fd);
}

void kafka_queue_fd_set(int fd)
{
    static const uint64_t one = 1;
    while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

bool kafka_queue_fd_clear(int fd)
{
    uint64_t count;
    bool told = read(fd, &count, sizeof(count)) > 0;
    if (!told && errno != EAGAIN)
        log_say(LOG_LEVEL_ERROR, "eventfd", "cannot be read (errno %d)", errno);
    return told;
}

static void kafka_pause(void)
{
    nanosleep(&(struct timespec){.tv_nsec = AGAIN_MS * 1000000L}, NULL);
}

static bool kafka_has_no_coordinator(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR || code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
}

/* A user who may not read the group is not told its coordinator: librdkafka asks for that until its time is up, and tells why beside
 * it. To be called before anything else of the consumer's queue matters. */
static bool kafka_group_is_forbidden(rd_kafka_t *rk)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    rd_kafka_event_t *event;
    bool forbidden = false;
    while (!forbidden && (event = rd_kafka_queue_poll(queue, 0)) != NULL) {
        forbidden = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    return forbidden;
}

rd_kafka_resp_err_t kafka_committed(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int tries = 0; tries < LOOKUP_TRIES; tries++) {
        code = rd_kafka_committed(rk, list, LOOKUP_MS);
        for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
            code = list->elems[i].err; /* else it would look like one without a commit */
        if (!kafka_has_no_coordinator(code))
            break;
        kafka_pause();
    }
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT && kafka_group_is_forbidden(rk))
        return RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    return code;
}

/* The times -2 and -1 are a log's beginning and its end to Kafka. Unlike rd_kafka_query_watermark_offsets, which before 2.3 waits
 * for a broker that has died until it is back (librdkafka's issue 2588), this has its deadline. */
static rd_kafka_resp_err_t kafka_offset_at(rd_kafka_t *rk, const char *topic, int32_t partition, int64_t time, int64_t *out)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = time;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(rk, list, LOOKUP_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = list->elems[0].err;
    *out = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

rd_kafka_resp_err_t kafka_watermarks(rd_kafka_t *rk, const char *topic, int32_t partition, int64_t *low,
                                     int64_t *end)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int tries = 0; tries < LOOKUP_TRIES; tries++) {
        code = kafka_offset_at(rk, topic, partition, RD_KAFKA_OFFSET_BEGINNING, low);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            code = kafka_offset_at(rk, topic, partition, RD_KAFKA_OFFSET_END, end);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__TIMED_OUT)
            break;
        kafka_pause();
    }
    return code;
}
