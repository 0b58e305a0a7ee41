#include "demo/broker.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

#include "base/mem.h"

#define ADMIN_MS 15000

static const char *const topics[] = {"cupbearer.events", "cupbearer.receipts", "cupbearer.dead"};
#define TOPIC_COUNT (sizeof(topics) / sizeof(topics[0]))

struct broker {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster; /* NULL: a real broker */
    char *bootstrap_servers;
};

static rd_kafka_t *broker_client(const char *bootstrap_servers, struct err *err)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "2", NULL, 0);
    if (bootstrap_servers != NULL)
        rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap_servers, NULL, 0);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        err_set(err, ERR_SYSTEM, "librdkafka: %s", why);
    }
    return rk;
}

static int broker_embed(struct broker *broker, struct err *err)
{
    broker->cluster = rd_kafka_mock_cluster_new(broker->rk, 1);
    if (broker->cluster == NULL)
        return err_set(err, ERR_SYSTEM, "the embedded broker cannot listen on 127.0.0.1");
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        if (rd_kafka_mock_topic_create(broker->cluster, topics[i], BROKER_PARTITIONS, 1) != 0)
            return err_set(err, ERR_SYSTEM, "the embedded broker does not take topic %s", topics[i]);
    broker->bootstrap_servers =
        mem_copy((struct span){rd_kafka_mock_cluster_bootstraps(broker->cluster),
                               strlen(rd_kafka_mock_cluster_bootstraps(broker->cluster))});
    return 0;
}

/* 0, also for topics that are there already: what they are like is for the worker to check. */
static int broker_topics_made(const rd_kafka_event_t *event, struct err *err)
{
    if (event == NULL)
        return err_set(err, ERR_UNREACHABLE, "no answer from Kafka");
    if (rd_kafka_event_error((rd_kafka_event_t *)(uintptr_t)event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_UNREACHABLE, "topics cannot be made: %s",
                       rd_kafka_event_error_string((rd_kafka_event_t *)(uintptr_t)event));
    size_t count = 0;
    const rd_kafka_topic_result_t **made = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result((rd_kafka_event_t *)(uintptr_t)event), &count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(made[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return err_set(err, ERR_UNREACHABLE, "topic %s cannot be made: %s",
                           rd_kafka_topic_result_name(made[i]), rd_kafka_topic_result_error_string(made[i]));
    }
    return 0;
}

static int broker_make_topics(struct broker *broker, struct err *err)
{
    char why[256];
    rd_kafka_NewTopic_t *wanted[TOPIC_COUNT];
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        wanted[i] = rd_kafka_NewTopic_new(topics[i], BROKER_PARTITIONS, 1, why, sizeof(why));
    rd_kafka_NewTopic_set_config(wanted[0], "message.timestamp.type", "LogAppendTime");
    rd_kafka_queue_t *queue = rd_kafka_queue_new(broker->rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(broker->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, ADMIN_MS, why, sizeof(why));
    rd_kafka_AdminOptions_set_operation_timeout(options, ADMIN_MS, why, sizeof(why));
    rd_kafka_CreateTopics(broker->rk, wanted, TOPIC_COUNT, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_MS + 1000);
    int result = broker_topics_made(event, err);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy_array(wanted, TOPIC_COUNT);
    return result;
}

struct broker *broker_start(const char *bootstrap_servers, struct err *err)
{
    struct broker *broker = mem_new(1, sizeof(*broker));
    broker->rk = broker_client(bootstrap_servers, err);
    int result = broker->rk == NULL ? -1 : 0;
    if (result == 0 && bootstrap_servers == NULL)
        result = broker_embed(broker, err);
    else if (result == 0) {
        broker->bootstrap_servers = mem_copy((struct span){bootstrap_servers, strlen(bootstrap_servers)});
        result = broker_make_topics(broker, err);
    }
    if (result == 0)
        return broker;
    broker_stop(broker);
    return NULL;
}

void broker_stop(struct broker *broker)
{
    if (broker == NULL)
        return;
    if (broker->cluster != NULL)
        rd_kafka_mock_cluster_destroy(broker->cluster);
    if (broker->rk != NULL)
        rd_kafka_destroy(broker->rk);
    free(broker->bootstrap_servers);
    free(broker);
}

const char *broker_bootstrap(const struct broker *broker)
{
    return broker->bootstrap_servers;
}

bool broker_is_embedded(const struct broker *broker)
{
    return broker->cluster != NULL;
}
