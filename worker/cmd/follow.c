#include "cmd/follow.h"

#include <jansson.h>

#include "os/clock.h"
#include "receipt/receipt.h"

/* Whether a record of the receipts topic is the receipt that is waited for. Others, and what is no receipt, pass by. */
static bool receipt_is_ours(const struct follow *follow, const rd_kafka_message_t *message,
                            enum outcome *outcome, struct detail *detail, struct buf *json)
{
    struct receipt receipt;
    json_t *root;
    struct span value = {message->payload, message->len};
    if (receipt_read(value, &receipt, &root, NULL) != 0)
        return false;
    bool ours = receipt.partition == follow->partition && receipt.offset == follow->offset &&
                span_equal(receipt.topic, span_of(follow->topic));
    if (ours) {
        *outcome = receipt.outcome;
        detail_set(detail, receipt.outcome, "%.*s", SPAN_ARGS(receipt.detail));
        if (json != NULL)
            buf_add_span(json, value);
    }
    json_decref(root);
    return ours;
}

static int follow_read(const struct follow *follow, struct client *client, rd_kafka_topic_t *topic,
                       int64_t timeout_ms, enum outcome *outcome, struct detail *detail, struct buf *json,
                       struct err *err)
{
    struct mono deadline = mono_after(clock_now().mono, timeout_ms);
    while (!mono_reached(deadline, clock_now().mono)) {
        rd_kafka_poll(client->rk, 0);
        rd_kafka_message_t *message = rd_kafka_consume(topic, follow->partition, 100);
        if (message == NULL)
            continue;
        rd_kafka_resp_err_t error = message->err;
        bool ours =
            error == RD_KAFKA_RESP_ERR_NO_ERROR && receipt_is_ours(follow, message, outcome, detail, json);
        rd_kafka_message_destroy(message);
        if (ours)
            return 0;
        if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
            return err_set(err, ERR_UNREACHABLE,
                           "the event is published, but its receipt may not be read: %s",
                           rd_kafka_err2str(error));
    }
    return err_set(
        err, ERR_UNREACHABLE,
        "the event is published, but no receipt came within %lld s in partition %d of %.200s: is a worker "
        "running for %.200s? Look at its log and its lag%s%s",
        (long long)timeout_ms / 1000, (int)follow->partition, follow->receipts_topic, follow->topic,
        client->complaint[0] != 0 ? "; the broker connection: " : "", client->complaint);
}

int follow_receipt(const struct follow *follow, const struct config *config, int64_t timeout_ms,
                   enum outcome *outcome, struct detail *detail, struct buf *json, struct err *err)
{
    static const struct kafka_setting settings[] = {{"fetch.wait.max.ms", "100"}, {NULL, NULL}};
    rd_kafka_conf_t *conf = kafka_consumer_conf_new(config, KAFKA_READ_ALL, settings, err);
    struct client *client = conf == NULL ? NULL : client_new(RD_KAFKA_CONSUMER, config, conf, err);
    if (client == NULL)
        return -1;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client->rk, follow->receipts_topic, NULL);
    int result;
    if (topic == NULL || rd_kafka_consume_start(topic, follow->partition, follow->from) != 0) {
        result = err_set(err, ERR_UNREACHABLE, "the event is published, but %.200s cannot be read: %s",
                         follow->receipts_topic, rd_kafka_err2str(rd_kafka_last_error()));
    } else {
        result = follow_read(follow, client, topic, timeout_ms, outcome, detail, json, err);
        rd_kafka_consume_stop(topic, follow->partition);
    }
    if (topic != NULL)
        rd_kafka_topic_destroy(topic);
    client_free(client);
    return result;
}
