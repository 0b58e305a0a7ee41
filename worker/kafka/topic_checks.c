#include "kafka/topic_checks.h"

#include <time.h>

#include "kafka/rights.h"
#include "os/log.h"

#define BROKER_MS       10000
#define NEW_TOPIC_TRIES 8
#define NEW_TOPIC_MS    250

/* With what a broker, or TLS, said last: a wrong password, an unknown authority, a certificate that is missing. */
static int topic_unreachable(const struct config *config, rd_kafka_resp_err_t code, struct err *err)
{
    char complaint[512];
    const char *note = kafka_login_note(config);
    kafka_complaint(complaint, sizeof(complaint));
    return err_set(err, ERR_UNREACHABLE,
                   "no answer from Kafka at %.*s: %s%s%s. %s%sIs it up, and is [kafka] bootstrap_servers right?",
                   kafka_servers_shown(config->bootstrap_servers), config->bootstrap_servers, rd_kafka_err2str(code),
                   complaint[0] != 0 ? "; " : "", complaint,
                   note == NULL ? "" : note, note == NULL ? "" : ". ");
}

/* A check under way. */
struct checked {
    rd_kafka_t *rk;
    const struct config *config;
    const struct finding_sink *sink; /* NULL: this is a start */
    struct err *err;
};

static int topic_problem(const struct checked *checked, const struct finding *finding)
{
    return finding_report(checked->sink, finding, "topic", checked->err);
}

/* Where the topic lies; no partitions where there is no such topic. -1 with err where the broker does not answer. */
static int topic_ask(const struct checked *checked, const char *topic, struct topic_place *out, rd_kafka_resp_err_t *why)
{
    rd_kafka_resp_err_t code = topic_place_ask(checked->rk, topic, BROKER_MS, out);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return topic_unreachable(checked->config, code, checked->err);
    *why = out->error;
    return 0;
}

/* Whether there is none, or it was just made. */
static bool topic_is_missing(rd_kafka_resp_err_t why)
{
    return why == RD_KAFKA_RESP_ERR_NO_ERROR || why == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           why == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

static void topic_forbidden(const struct config *config, enum topic topic, struct finding *finding)
{
    struct buf command;
    buf_init(&command, sizeof(finding->command));
    rights_command(config, "--topic", topic_name(config, topic), rights_wanted(topic), &command);
    FINDING_PUT(finding->why, "this user has no right to it");
    FINDING_PUT(finding->command, "%s", command.data);
    buf_done(&command);
}

/* `like`: how many partitions it should have, where it is to be made; 0: any number. With a sink it is 0 and no partitions
 * where there is no such topic. */
static int topic_find(const struct checked *checked, enum topic topic, int32_t like, struct topic_place *out)
{
    const struct config *config = checked->config;
    const char *name = topic_name(config, topic);
    rd_kafka_resp_err_t why = RD_KAFKA_RESP_ERR_NO_ERROR;
    int result, tries = 0;
    /* A broker knows a new topic only after a moment. */
    while ((result = topic_ask(checked, name, out, &why)) == 0 && out->partition_count == 0 && topic_is_missing(why) &&
           tries++ < NEW_TOPIC_TRIES)
        nanosleep(&(struct timespec){.tv_nsec = NEW_TOPIC_MS * 1000000L}, NULL);
    if (result != 0 || out->partition_count > 0)
        return result;
    struct finding finding = {.level = FINDING_PROBLEM, .code = topic_is_missing(why) ? ERR_USAGE : ERR_UNREACHABLE};
    if (!topic_is_missing(why)) {
        FINDING_PUT(finding.what, "topic %s: %s", name, rd_kafka_err2str(why));
        if (why == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
            topic_forbidden(config, topic, &finding);
        return topic_problem(checked, &finding);
    }
    int32_t wanted = like > 0 ? like : config->partitions > 0 ? config->partitions : 12;
    struct buf command;
    buf_init(&command, sizeof(finding.command));
    topic_create_command(config, topic, wanted, out->brokers, &command);
    FINDING_PUT(finding.what, "there is no topic %s", name);
    FINDING_PUT(finding.command, "%s", command.data);
    buf_done(&command);
    return topic_problem(checked, &finding);
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

/* Which partition a record is in, and what workers remember of it, follows from the number of partitions: serving more of them now
 * would make records wrong_partition, and repetitions unknown. */
static void topic_fewer(const struct checked *checked, const char *topic, int32_t count, int32_t events, struct finding *finding)
{
    const struct config *config = checked->config;
    if (!topic_is_in_use(checked->rk, config, events)) {
        FINDING_PUT(finding->why, "they must have the same number");
        FINDING_PUT(finding->command, "kafka-topics.sh --bootstrap-server %.*s --alter --topic %s --partitions %d",
                    kafka_servers_shown(config->bootstrap_servers), config->bootstrap_servers, topic, (int)events);
        return;
    }
    FINDING_PUT(finding->why, "if they were added while it was in use, set [topics] partitions = %d", (int)count);
    FINDING_PUT(finding->fix,
                "The old ones go on then, and the new ones wait; deploy/README.md, \"Partitions were added\" says how to serve "
                "all of them (with cupbearer dead resend --wrong-partition)");
}

static int topic_other_count(const struct checked *checked, const char *topic, int32_t count, int32_t events, int32_t served)
{
    const struct config *config = checked->config;
    struct finding finding = {.level = FINDING_PROBLEM, .code = ERR_USAGE};
    if (count == events || (served < events && count >= served))
        return 0;
    FINDING_PUT(finding.what, "topic %s has %d partitions, %s has %d", topic, (int)count, config->events_topic, (int)events);
    if (count < served) {
        topic_fewer(checked, topic, count, events, &finding);
        return topic_problem(checked, &finding);
    }
    FINDING_PUT(finding.why, "they must have the same number");
    FINDING_PUT(finding.fix,
                "Start a new one: kafka-topics.sh --bootstrap-server %.*s --create --topic %.200s.2 --partitions %d, and name "
                "it in [topics]",
                kafka_servers_shown(config->bootstrap_servers), config->bootstrap_servers, topic, (int)events);
    return topic_problem(checked, &finding);
}

/* A start goes on with it. */
static void topic_added(const struct finding_sink *sink, const struct config *config, int32_t served, int32_t unserved)
{
    struct finding finding = {.level = FINDING_PROBLEM};
    FINDING_PUT(finding.what,
                "%d partitions of topic %s are not served: they were added while it was in use, and the keys of events have "
                "moved. The first %d go on ([topics] partitions = %d)",
                (int)unserved, config->events_topic, (int)served, (int)served);
    FINDING_PUT(finding.fix, "deploy/README.md, \"Partitions were added\" says what to do");
    finding_report(sink, &finding, "partitions_added", NULL);
}

void topic_tell_added(const struct config *config, int32_t served, int32_t unserved)
{
    topic_added(NULL, config, served, unserved);
}

static int topics_check(const struct checked *checked, struct topic_place places[TOPICS], int32_t *partition_count, int *brokers,
                       unsigned *deviations)
{
    const struct config *config = checked->config;
    if (topic_find(checked, TOPIC_EVENTS, 0, &places[TOPIC_EVENTS]) != 0)
        return -1;
    int32_t events = places[TOPIC_EVENTS].partition_count;
    *brokers = places[TOPIC_EVENTS].brokers;
    int32_t served = *partition_count = config->partitions > 0 ? config->partitions : events;
    if (topic_find(checked, TOPIC_RECEIPTS, served, &places[TOPIC_RECEIPTS]) != 0 ||
        topic_find(checked, TOPIC_DEAD, served, &places[TOPIC_DEAD]) != 0)
        return -1;
    if (served > events && events > 0) {
        struct finding finding = {.level = FINDING_PROBLEM, .code = ERR_USAGE};
        FINDING_PUT(finding.what, "topic %s has %d partitions, [topics] partitions says %d", config->events_topic, (int)events,
                    (int)served);
        FINDING_PUT(finding.fix,
                    "Partitions are never added to a topic in use (keys would move): start a new topic, or correct the setting");
        if (topic_problem(checked, &finding) != 0)
            return -1;
    }
    for (int i = TOPIC_RECEIPTS; i < TOPICS && events > 0 && served <= events; i++)
        if (places[i].partition_count > 0 &&
            topic_other_count(checked, topic_name(config, (enum topic)i), places[i].partition_count, events, served) != 0)
            return -1;
    if (served < events)
        topic_added(checked->sink, config, served, events - served);
    return topic_settings_check(checked->rk, config, places, checked->sink, deviations, checked->err);
}

int topic_checks(rd_kafka_t *rk, const struct config *config, int32_t *partition_count, int *brokers, unsigned *deviations,
                 struct err *err)
{
    const struct checked checked = {rk, config, NULL, err};
    struct topic_place places[TOPICS];
    return topics_check(&checked, places, partition_count, brokers, deviations);
}

int topic_checks_all(rd_kafka_t *rk, const struct config *config, const struct finding_sink *sink,
                     struct topic_place places[TOPICS], struct err *err)
{
    const struct checked checked = {rk, config, sink, err};
    int32_t partition_count;
    int brokers;
    unsigned deviations;
    memset(places, 0, TOPICS * sizeof(*places));
    return topics_check(&checked, places, &partition_count, &brokers, &deviations);
}
