#include "kafka/rights.h"

#include "config/property.h"

static const struct {
    unsigned right;
    const char *word;
} words[] = {{RIGHT_READ, "Read"}, {RIGHT_WRITE, "Write"}, {RIGHT_DESCRIBE_CONFIGS, "DescribeConfigs"}};

unsigned rights_wanted(enum topic topic)
{
    static const unsigned wanted[TOPICS] = {
        [TOPIC_EVENTS] = RIGHT_READ | RIGHT_DESCRIBE_CONFIGS,
        [TOPIC_RECEIPTS] = RIGHT_READ | RIGHT_WRITE | RIGHT_DESCRIBE_CONFIGS,
        [TOPIC_DEAD] = RIGHT_WRITE | RIGHT_DESCRIBE_CONFIGS,
    };
    return wanted[topic];
}

static void words_add(unsigned rights, const char *before, const char *between, struct buf *out)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if ((rights & words[i].right) != 0) {
            buf_printf(out, "%s%s", before, words[i].word);
            before = between;
        }
}

void rights_words(unsigned rights, struct buf *out)
{
    words_add(rights, "", ", ", out);
}

void rights_command(const struct config *config, const char *kind, const char *name, unsigned rights, struct buf *out)
{
    const char *user = config_property(config, "sasl.username");
    buf_printf(out, "kafka-acls.sh --bootstrap-server %.*s --add --allow-principal User:%s %s %s",
               kafka_servers_shown(config->bootstrap_servers), config->bootstrap_servers, user == NULL ? "NAME" : user, kind, name);
    words_add(rights, " --operation ", " --operation ", out);
}

const char *rights_advice(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
               ? ": allow this worker's user Read on the topic; it goes on by itself"
           : code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
               ? ": allow this worker's user Read on the group; it goes on by itself"
               : "";
}

/* KIP-430: brokers tell a user's own rights to whoever may describe the thing; librdkafka asks for them since 2.3. */
#if RD_KAFKA_VERSION >= 0x020300ff

#define BROKER_MS 10000

static unsigned rights_read(const rd_kafka_AclOperation_t *operations, size_t count)
{
    unsigned rights = 0;
    for (size_t i = 0; i < count; i++) {
        rights |= operations[i] == RD_KAFKA_ACL_OPERATION_READ ? RIGHT_READ : 0;
        rights |= operations[i] == RD_KAFKA_ACL_OPERATION_WRITE ? RIGHT_WRITE : 0;
        rights |= operations[i] == RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS ? RIGHT_DESCRIBE_CONFIGS : 0;
    }
    return rights;
}

static rd_kafka_AdminOptions_t *options_new(rd_kafka_t *rk, rd_kafka_admin_op_t operation)
{
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, operation);
    rd_kafka_AdminOptions_set_request_timeout(options, BROKER_MS, NULL, 0);
    rd_kafka_error_t *error = rd_kafka_AdminOptions_set_include_authorized_operations(options, 1);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    return options;
}

/* NULL where nobody answered. */
static rd_kafka_event_t *answer_take(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, BROKER_MS + 1000);
    if (event == NULL || rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
        return event;
    rd_kafka_event_destroy(event);
    return NULL;
}

static bool topics_ask(rd_kafka_t *rk, const struct config *config, rd_kafka_queue_t *queue, struct rights *rights)
{
    const char *names[TOPICS];
    for (int i = 0; i < TOPICS; i++)
        names[i] = topic_name(config, (enum topic)i);
    rd_kafka_TopicCollection_t *topics = rd_kafka_TopicCollection_of_topic_names(names, TOPICS);
    rd_kafka_AdminOptions_t *options = options_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
    rd_kafka_DescribeTopics(rk, topics, options, queue);
    rd_kafka_event_t *event = answer_take(queue);
    size_t count = 0, own;
    const rd_kafka_TopicDescription_t **found =
        event == NULL ? NULL : rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event), &count);
    for (size_t at = 0; at < count; at++) {
        const rd_kafka_AclOperation_t *operations = rd_kafka_TopicDescription_authorized_operations(found[at], &own);
        for (int i = 0; i < TOPICS && operations != NULL; i++)
            if (strcmp(rd_kafka_TopicDescription_name(found[at]), names[i]) == 0) {
                rights->topic_known[i] = true;
                rights->topic[i] = rights_read(operations, own);
            }
    }
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_TopicCollection_destroy(topics);
    return event != NULL;
}

static bool group_ask(rd_kafka_t *rk, const struct config *config, rd_kafka_queue_t *queue, struct rights *rights)
{
    const char *groups[] = {config->group_id};
    rd_kafka_AdminOptions_t *options = options_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    rd_kafka_DescribeConsumerGroups(rk, groups, 1, options, queue);
    rd_kafka_event_t *event = answer_take(queue);
    size_t count = 0, own;
    const rd_kafka_ConsumerGroupDescription_t **found =
        event == NULL
            ? NULL
            : rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event), &count);
    const rd_kafka_AclOperation_t *operations =
        count == 0 ? NULL : rd_kafka_ConsumerGroupDescription_authorized_operations(found[0], &own);
    rights->group_known = operations != NULL;
    rights->group = operations == NULL ? 0 : rights_read(operations, own);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    return event != NULL;
}

bool rights_ask(rd_kafka_t *rk, const struct config *config, struct rights *rights)
{
    *rights = (struct rights){.group_known = false};
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    bool answered = topics_ask(rk, config, queue, rights) && group_ask(rk, config, queue, rights);
    rd_kafka_queue_destroy(queue);
    return answered;
}

#else

bool rights_ask(rd_kafka_t *rk, const struct config *config, struct rights *rights)
{
    (void)rk;
    (void)config;
    *rights = (struct rights){.group_known = false};
    return false;
}

#endif
