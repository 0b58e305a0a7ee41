#include "doctor/examination.h"
#include "progress/progress.h"
#include "kafka/rights.h"
#include "kafka/topic_checks.h"
#include "os/clock.h"
#include "run/clocks.h"
#include "run/preflight.h"

#define TIMES_MS 10000

/* As a worker's, but that it is in no group. NULL with err. */
static rd_kafka_t *cluster_client(const struct config *config, struct err *err)
{
    const struct kafka_setting settings[] = {{"group.id", config->group_id}, {NULL, NULL}};
    return kafka_bystander_new(config, KAFKA_READ_ALL, settings, err);
}

static void library_check(struct examination *examination)
{
    const char *note = kafka_login_note(examination->config);
    if (note == NULL)
        examination_say(examination, FINDING_OK, "librdkafka %s", rd_kafka_version_str());
    else
        examination_say(examination, FINDING_WARNING, "%s", note);
}

static void topics_check(struct examination *examination, rd_kafka_t *rk)
{
    struct err err;
    examination_begin(examination, "topics");
    if (topic_checks_all(rk, examination->config, &examination->here, examination->places, &err) != 0) {
        struct finding rest = {.level = FINDING_UNCHECKED, .what = "the topics", .why = "no broker answers"};
        examination_begin(examination, "kafka");
        examination_err(examination, &err);
        examination_take(examination, &rest);
        return;
    }
    examination->topics_known = true;
    examination->in_topics = examination->in_area;
    for (int i = 0; i < TOPICS; i++) {
        const struct topic_place *place = &examination->places[i];
        if (place->partition_count > 0)
            examination_say(examination, FINDING_OK, "topic %s is there: %d partition%s, replication factor %d",
                            topic_name(examination->config, (enum topic)i), (int)place->partition_count,
                            place->partition_count == 1 ? "" : "s", place->replicas);
    }
}

/* ---- the group ---- */

static bool knows_secret(const void *context, uint64_t secret)
{
    const struct examination *examination = context;
    uint64_t lost = 0;
    const char *digits = examination->config->mark_secret_lost;
    if (digits != NULL)
        progress_secret_read(span_of(digits), &lost);
    return secret == examination->secrets[0] || (examination->secrets[1] != 0 && secret == examination->secrets[1]) ||
           (lost != 0 && secret == lost);
}

/* Asking for commits needs the right to read of the group and of the topic. */
static void group_check(struct examination *examination, rd_kafka_t *rk)
{
    const struct config *config = examination->config;
    const struct preflight_secrets secrets = {knows_secret, examination, examination->secrets[0]};
    struct err err;
    if (!examination->has_secret)
        examination_say(examination, FINDING_UNCHECKED, "the commits of group %s, for there is no mark secret to compare them with",
                        config->group_id);
    else if (preflight_commits(rk, config, examination->places[TOPIC_EVENTS].partition_count, &secrets, &err) != 0)
        examination_err(examination, &err);
    else
        examination_say(examination, FINDING_OK, "group %s: its commits may be read, and are not of another mark secret",
                        config->group_id);
}

/* ---- rights ---- */

/* A problem for what is missing of `wanted`. `kind`: --topic or --group. */
static void right_check(struct examination *examination, const char *kind, const char *name, unsigned wanted, unsigned has)
{
    unsigned missing = wanted & ~has;
    struct buf text;
    struct finding finding = {.level = FINDING_PROBLEM, .why = "the brokers' ACLs do not allow it, and a worker needs it"};
    if (missing == 0)
        return;
    buf_init(&text, sizeof(finding.command));
    rights_words(missing, &text);
    FINDING_PUT(finding.what, "this user has no %s on %s %.249s", text.data, kind + 2, name);
    buf_clear(&text);
    rights_command(examination->config, kind, name, missing, &text);
    FINDING_PUT(finding.command, "%s", text.data);
    examination_take(examination, &finding);
    buf_done(&text);
}

static void rights_unknown(struct examination *examination, bool asked)
{
    const struct config *config = examination->config;
    struct finding finding = {.level = FINDING_UNCHECKED};
    FINDING_PUT(finding.what, "whether this user may join group %s, read %s, and write to %s and %s", config->group_id,
                config->events_topic, config->receipts_topic, config->dead_topic);
    FINDING_PUT(finding.why, "%s, and nothing is written here",
                asked ? "the brokers do not tell it of all four" : "librdkafka asks brokers for it from 2.3 on");
    FINDING_PUT(finding.command,
                "kafka-acls.sh --bootstrap-server %.*s --list --group %.150s --topic %.249s --topic %.249s --topic %.249s",
                kafka_servers_shown(config->bootstrap_servers), config->bootstrap_servers, config->group_id, config->events_topic,
                config->receipts_topic, config->dead_topic);
    examination_take(examination, &finding);
}

static void rights_check(struct examination *examination, rd_kafka_t *rk)
{
    const struct config *config = examination->config;
    struct rights rights;
    bool asked = rights_ask(rk, config, &rights), all = rights.group_known;
    size_t before = examination->in_area;
    for (int i = 0; i < TOPICS; i++) {
        all = all && rights.topic_known[i];
        if (rights.topic_known[i])
            right_check(examination, "--topic", topic_name(config, (enum topic)i), rights_wanted((enum topic)i), rights.topic[i]);
    }
    if (rights.group_known)
        right_check(examination, "--group", config->group_id, RIGHT_READ, rights.group);
    if (!all)
        rights_unknown(examination, asked);
    else if (examination->in_area == before)
        examination_say(examination, FINDING_OK, "this user may join group %s, read %s, and write to %s and %s", config->group_id,
                        config->events_topic, config->receipts_topic, config->dead_topic);
}

/* ---- clocks ---- */

/* Whether the events' topic, which the brokers stamp, has records of a time that this machine's clock calls the future. -1: that
 * is not to be had. */
static int future_ask(rd_kafka_t *rk, const char *topic, int32_t partition_count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partition_count);
    int64_t from_ms = clock_now().wall.ms + CLOCKS_APART_MS;
    for (int32_t i = 0; i < partition_count; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = from_ms;
    int result = rd_kafka_offsets_for_times(rk, list, TIMES_MS) == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : -1;
    for (int i = 0; i < list->cnt && result == 0; i++)
        result = list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR && list->elems[i].offset >= 0;
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

static void clock_check(struct examination *examination, rd_kafka_t *rk)
{
    const struct config *config = examination->config;
    int32_t partition_count = examination->places[TOPIC_EVENTS].partition_count;
    int future = config->allow_create_time ? -1 : future_ask(rk, config->events_topic, partition_count);
    struct finding finding = {.level = FINDING_UNCHECKED};
    FINDING_PUT(finding.what, "whether this machine's clock is ahead of the brokers'");
    FINDING_PUT(finding.why, "that shows when something is written: a worker says so (event=clock)");
    if (future > 0) {
        finding.level = FINDING_WARNING;
        FINDING_PUT(finding.what, "this machine's clock is more than %d s behind that of a broker, or was when %s was written",
                    CLOCKS_APART_MS / 1000, config->events_topic);
        FINDING_PUT(finding.why, "the brokers' stamps decide which events are expired, and until when they are delivered");
        FINDING_PUT(finding.command, "timedatectl status");
    }
    examination_take(examination, &finding);
}

void examine_cluster(struct examination *examination)
{
    struct err err;
    examination_begin(examination, "kafka");
    library_check(examination);
    rd_kafka_t *rk = cluster_client(examination->config, &err);
    if (rk == NULL) {
        examination_err(examination, &err);
        return;
    }
    topics_check(examination, rk);
    examination_begin(examination, "kafka");
    if (examination->places[TOPIC_EVENTS].partition_count > 0) {
        group_check(examination, rk);
        rights_check(examination, rk);
        clock_check(examination, rk);
    }
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); /* it is in no group */
}
