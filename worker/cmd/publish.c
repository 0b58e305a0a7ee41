#include "cmd/publish.h"

struct publish_report {
    bool done;
    rd_kafka_resp_err_t error;
    rd_kafka_msg_status_t status;
    int64_t offset;
};

/* Called from rd_kafka_poll only. */
static void publish_reported(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    struct publish_report *report = message->_private;
    *report = (struct publish_report){true, message->err, rd_kafka_message_status(message), message->offset};
}

struct client *publish_client_new(const struct config *config, struct err *err)
{
    /* allow.auto.create.topics: a topic that a slip of the pen makes has no worker. */
    static const struct kafka_setting settings[] = {{"acks", "all"},
                                                    {"enable.idempotence", "true"},
                                                    {"linger.ms", "0"},
                                                    {"message.timeout.ms", "15000"},
                                                    {"allow.auto.create.topics", "false"},
                                                    {NULL, NULL}};
    rd_kafka_conf_t *conf = kafka_conf_new(config, settings, err);
    if (conf == NULL)
        return NULL;
    rd_kafka_conf_set_dr_msg_cb(conf, publish_reported);
    return client_new(RD_KAFKA_PRODUCER, config, conf, err);
}

static rd_kafka_headers_t *publish_headers_new(const struct cupbearer_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
    const char *name, *value;
    size_t size;
    for (size_t i = 0; cupbearer_record_header(record, i, &name, &value, &size) == CUPBEARER_OK; i++)
        rd_kafka_header_add(headers, name, -1, value, (ssize_t)size);
    return headers;
}

static rd_kafka_resp_err_t publish_start(struct client *client, const char *topic, int32_t partition,
                                         const struct cupbearer_record *record, struct publish_report *report)
{
    size_t key_size, value_size;
    const char *key = cupbearer_record_key(record, &key_size);
    const char *value = cupbearer_record_value(record, &value_size);
    rd_kafka_headers_t *headers = publish_headers_new(record);
    rd_kafka_resp_err_t error = rd_kafka_producev(
        client->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(key, key_size),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)value, value_size), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(report), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_headers_destroy(headers); /* else they are the record's */
    return error;
}

int publish_record(struct client *client, const char *topic, int32_t partition,
                   const struct cupbearer_record *record, int64_t *offset, struct err *err)
{
    struct publish_report report = {0};
    rd_kafka_resp_err_t error = publish_start(client, topic, partition, record, &report);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_UNREACHABLE, "the record was not published: %s", rd_kafka_err2str(error));
    while (!report.done) /* ends: message.timeout.ms */
        rd_kafka_poll(client->rk, 100);
    *offset = report.offset;
    if (report.error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return err_set(err, ERR_UNREACHABLE, "the record was not acknowledged: %s%s%s; %s",
                   rd_kafka_err2str(report.error), client->complaint[0] != 0 ? ", " : "", client->complaint,
                   report.status == RD_KAFKA_MSG_STATUS_NOT_PERSISTED
                       ? "it is not in the topic"
                       : "it may be in the topic all the same: send it again with the same --event-id");
}
