#include "kafka/topic_checks.h"

#include <time.h>

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
    return err_set(err, ERR_UNREACHABLE, "no answer from Kafka at %.150s: %s%s%s. %s%sIs it up, and is [kafka] bootstrap_servers right?",
                   config->bootstrap_servers, rd_kafka_err2str(code), complaint[0] != 0 ? "; " : "", complaint,
                   note == NULL ? "" : note, note == NULL ? "" : ". ");
}

/* Where the topic lies; no partitions where there is no such topic. -1 with err where the broker does not answer. */
static int topic_ask(rd_kafka_t *rk, const struct config *config, const char *topic, struct topic_place *out,
                     struct err *err)
{
    rd_kafka_resp_err_t code = topic_place_ask(rk, topic, BROKER_MS, out);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return topic_unreachable(config, code, err);
    code = out->error;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
        code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        return err_set(err, ERR_UNREACHABLE, "topic %s: %s", topic, rd_kafka_err2str(code));
    return 0;
}

/* `like`: how many partitions it should have, where it is to be made; 0: any number. */
static int topic_find(rd_kafka_t *rk, const struct config *config, enum topic topic, int32_t like,
                      struct topic_place *out, struct err *err)
{
    const char *name = topic_name(config, topic);
    int result, tries = 0;
    /* A broker tells of a topic a moment after it was made. */
    while ((result = topic_ask(rk, config, name, out, err)) == 0 && out->partition_count == 0 && tries++ < NEW_TOPIC_TRIES)
        nanosleep(&(struct timespec){.tv_nsec = NEW_TOPIC_MS * 1000000L}, NULL);
    if (result != 0 || out->partition_count > 0)
        return result;
    int32_t wanted = like > 0 ? like : config->partitions > 0 ? config->partitions : 12;
    struct buf command;
    buf_init(&command, 2048);
    topic_create_command(config, topic, wanted, out->brokers, &command);
    err_set(err, ERR_USAGE, "there is no topic %s. Make it: %s", name, command.data);
    buf_done(&command);
    return -1;
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
            "topic %s has %d partitions, %s has %d: they must have the same number. Fix it: kafka-topics.sh "
            "--bootstrap-server %s --alter --topic %s --partitions %d",
            topic, (int)count, config->events_topic, (int)events, config->bootstrap_servers, topic, (int)events);
    return err_set(err, ERR_USAGE,
                   "topic %s has %d partitions, %s has %d: if they were added while it was in use, set [topics] partitions = "
                   "%d. The old ones go on then, and the new ones wait; deploy/README.md, \"Partitions were added\" says how "
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
            "The first %d go on ([topics] partitions = %d); deploy/README.md, \"Partitions were added\" says what to do",
            (int)unserved, config->events_topic, (int)served, (int)served);
}

int topic_checks(rd_kafka_t *rk, const struct config *config, int32_t *partition_count, int *brokers, unsigned *deviations,
                 struct err *err)
{
    struct topic_place places[TOPICS];
    if (topic_find(rk, config, TOPIC_EVENTS, 0, &places[TOPIC_EVENTS], err) != 0)
        return -1;
    int32_t events = places[TOPIC_EVENTS].partition_count;
    *brokers = places[TOPIC_EVENTS].brokers;
    int32_t served = *partition_count = config->partitions > 0 ? config->partitions : events;
    if (topic_find(rk, config, TOPIC_RECEIPTS, served, &places[TOPIC_RECEIPTS], err) != 0 ||
        topic_find(rk, config, TOPIC_DEAD, served, &places[TOPIC_DEAD], err) != 0)
        return -1;
    if (served > events)
        return err_set(err, ERR_USAGE,
                       "topic %s has %d partitions, [topics] partitions says %d. Partitions are never added "
                       "to a topic in use (keys would move): start a new topic, or correct the setting",
                       config->events_topic, (int)events, (int)served);
    for (int i = TOPIC_RECEIPTS; i < TOPICS; i++)
        if (topic_other_count(rk, config, topic_name(config, (enum topic)i), places[i].partition_count, events, served, err) != 0)
            return -1;
    if (served < events)
        topic_tell_added(config, served, events - served);
    return topic_settings_check(rk, config, places, deviations, err);
}
