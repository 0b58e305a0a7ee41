#include "cmd/scan.h"

#include <string.h>

#include "os/clock.h"

#define SILENCE_MS 30000
#define POLL_MS    100

struct client *scan_client_new(const struct config *config, enum kafka_isolation isolation, struct err *err)
{
    const struct kafka_setting settings[] = {
        {"fetch.wait.max.ms", "5"},
        {"queued.max.messages.kbytes",
         "16384"}, /* one partition at a time, and nothing else in this process */
        {"fetch.message.max.bytes", "4194304"},
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf = kafka_consumer_conf_new(config, isolation, settings, err);
    struct client *client = conf == NULL ? NULL : client_new(RD_KAFKA_CONSUMER, config, conf, err);
    if (client != NULL)
        rd_kafka_poll_set_consumer(client->rk);
    return client;
}

/* The offset of the first record that is not older than the time; `end`, the log's, where all are older. */
static int scan_offset_at(struct client *client, const char *topic, int32_t partition, int64_t time_ms,
                          int64_t end, int64_t *out, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(list, topic, partition);
    one->offset = time_ms > 0 ? time_ms : 0; /* what is negative has meanings of its own */
    rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(client->rk, list, CLIENT_TIMEOUT_MS);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        error = one->err;
    *out = one->offset < 0 || one->offset > end ? end : one->offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return client_unreachable(client, "says where a time begins", error, err);
}

int scan_cut(struct client *client, struct scan *scan, int64_t since_ms, int64_t until_ms, struct err *err)
{
    int64_t end = scan->end;
    if (since_ms != INT64_MIN &&
        scan_offset_at(client, scan->topic, scan->partition, since_ms, end, &scan->begin, err) != 0)
        return -1;
    if (until_ms == INT64_MAX)
        return 0;
    return scan_offset_at(client, scan->topic, scan->partition, until_ms, end, &scan->end, err);
}

/* librdkafka goes on by itself after all others. */
static bool scan_is_refused(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

/* 1: that was the last; 0: there is more; -1 with err. */
static int scan_message(const struct scan *scan, const rd_kafka_message_t *message, scan_take *take,
                        void *context, struct err *err)
{
    if (message->rkt == NULL || message->partition != scan->partition ||
        strcmp(rd_kafka_topic_name(message->rkt), scan->topic) != 0)
        return 0; /* of the stretch before this one */
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return 1; /* markers of transactions, or gaps, are all that stands before the end */
    if (scan_is_refused(message->err))
        return err_set(err, ERR_UNREACHABLE, "topic %.200s cannot be read: %s", scan->topic,
                       rd_kafka_err2str(message->err));
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    if (message->offset < scan->end)
        take(context, message);
    return message->offset + 1 >= scan->end;
}

static int scan_all(struct client *client, const struct scan *scan, scan_take *take, void *context,
                    struct err *err)
{
    struct mono deadline = mono_after(clock_now().mono, SILENCE_MS);
    int result = 0;
    while (result == 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client->rk, POLL_MS);
        if (message == NULL) {
            if (mono_reached(deadline, clock_now().mono))
                return client_unreachable(client, "sends what is asked for", RD_KAFKA_RESP_ERR__TIMED_OUT,
                                          err);
            continue;
        }
        bool came = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        result = scan_message(scan, message, take, context, err);
        rd_kafka_message_destroy(message);
        if (came) /* and was taken, for which there is no limit */
            deadline = mono_after(clock_now().mono, SILENCE_MS);
    }
    return result < 0 ? -1 : 0;
}

int scan_read(struct client *client, const struct scan *scan, scan_take *take, void *context, struct err *err)
{
    if (scan->begin >= scan->end)
        return 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, scan->topic, scan->partition)->offset = scan->begin;
    rd_kafka_resp_err_t error = rd_kafka_assign(client->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_UNREACHABLE, "topic %.200s cannot be read: %s", scan->topic,
                       rd_kafka_err2str(error));
    int result = scan_all(client, scan, take, context, err);
    rd_kafka_assign(client->rk, NULL);
    return result;
}
