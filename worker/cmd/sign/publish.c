#include "cmd/sign/publish.h"

#include "kafka/publish.h"
#include "lib/record.h"

/* Called from rd_kafka_poll only. */
static void publish_note(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    *(struct publish_report *)message->_private = publish_report_of(message);
}

struct client *publish_client_new(const struct config *config, struct err *err)
{
    rd_kafka_conf_t *conf = publish_conf_new(config, err);
    if (conf == NULL)
        return NULL;
    rd_kafka_conf_set_dr_msg_cb(conf, publish_note);
    return client_new(RD_KAFKA_PRODUCER, config, conf, err);
}

int publish_record(struct client *client, const char *topic, int32_t partition, const struct cupbearer_record *record,
                   const char *again, int64_t *offset, struct err *err)
{
    struct publish_report report = {0};
    struct record view = record_view(record, partition);
    rd_kafka_resp_err_t error = publish_start(client->rk, topic, partition, &view, &report);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_UNREACHABLE, "the record was not published: %s", rd_kafka_err2str(error));
    while (!report.done) /* ends: message.timeout.ms */
        rd_kafka_poll(client->rk, 100);
    *offset = report.offset;
    return publish_reported(&report, client->complaint, again, err);
}
