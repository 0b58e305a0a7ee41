#include "kafka/producer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "kafka/publish.h"
#include "os/clock.h"
#include "os/log.h"

struct producer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    rd_kafka_topic_t *topics[2]; /* receipts, dead letters */
    int fd;
    struct outages *outages; /* borrowed */
    producer_done *done;
    void *context;
    char fatal[256];
};

struct producer *producer_new(const struct config *config, struct outages *outages, producer_done *done, void *context,
                              struct err *err)
{
    static const struct kafka_setting settings[] = {
        {"message.timeout.ms", "0"}, /* a receipt is never given up */
        {NULL, NULL},
    };
    /* librdkafka sends a partition's batch when its first record has waited so long, and polls without pause during the
     * last millisecond of that. With its own 5 ms and some partitions that is all the time. */
    static const struct kafka_setting defaults[] = {{"linger.ms", "25"}, {NULL, NULL}};
    rd_kafka_conf_t *conf = kafka_producer_conf_new(config, defaults, settings, err);
    if (conf == NULL)
        return NULL;
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    rd_kafka_t *rk = kafka_new(RD_KAFKA_PRODUCER, conf, err);
    if (rk == NULL)
        return NULL;
    struct producer *producer = mem_new(1, sizeof(*producer));
    *producer = (struct producer){.rk = rk, .outages = outages, .done = done, .context = context};
    producer->queue = rd_kafka_queue_get_main(rk);
    producer->fd = kafka_queue_fd(producer->queue, err);
    if (producer->fd < 0) {
        producer_free(producer);
        return NULL;
    }
    return producer;
}

/* librdkafka asks for a topic that is new to it only in its next round, which comes once a second (before 2.10.1, its issue 5032).
 * */
void producer_ask_topics(struct producer *producer, const struct config *config)
{
    producer->topics[0] = rd_kafka_topic_new(producer->rk, config->receipts_topic, NULL);
    producer->topics[1] = rd_kafka_topic_new(producer->rk, config->dead_topic, NULL);
}

void producer_flush(struct producer *producer, int ms)
{
    rd_kafka_flush(producer->rk, ms);
}

void producer_free(struct producer *producer)
{
    if (producer == NULL)
        return;
    rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_queue_destroy(producer->queue);
    for (size_t i = 0; i < sizeof(producer->topics) / sizeof(producer->topics[0]); i++)
        if (producer->topics[i] != NULL)
            rd_kafka_topic_destroy(producer->topics[i]);
    rd_kafka_destroy(producer->rk);
    if (producer->fd >= 0)
        close(producer->fd);
    free(producer);
}

int producer_fd(const struct producer *producer)
{
    return producer->fd;
}

static enum produced produced_of(rd_kafka_resp_err_t code)
{
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return PRODUCED_OK;
    return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? PRODUCED_TOO_LARGE : PRODUCED_FAILED;
}

bool producer_send(struct producer *producer, const struct effect *effect, enum produced *refused)
{
    const struct record record = {.timestamp_ms = effect->timestamp_ms,
                                  .key = effect->key,
                                  .value = effect->value,
                                  .headers = effect->headers,
                                  .header_count = effect->header_count};
    rd_kafka_resp_err_t code =
        publish_start(producer->rk, effect->topic, effect->partition, &record, (void *)(uintptr_t)effect->handle);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    *refused = produced_of(code);
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        outages_failed(producer->outages, effect->topic, code, clock_now().mono);
    return false;
}

/* No broker's clock says so: September 2001. librdkafka's own broker, the demo's, counts from its machine's start. */
#define STAMP_MIN_MS INT64_C(1000000000000)

/* With CreateTime it is the producer's own stamp, which says nothing about the broker's clock. */
static int64_t producer_stamp_ms(const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(message, &type);
    bool is_brokers = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME && ms >= STAMP_MIN_MS;
    return message->err == RD_KAFKA_RESP_ERR_NO_ERROR && is_brokers ? ms : 0;
}

static void producer_event(struct producer *producer, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *message;
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_DR:
        while ((message = rd_kafka_event_message_next(event)) != NULL) {
            const char *topic = rd_kafka_topic_name(message->rkt);
            if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
                outages_taken(producer->outages, topic);
            else
                outages_failed(producer->outages, topic, message->err, clock_now().mono);
            producer->done(producer->context, (engine_handle)(uintptr_t)message->_private,
                           produced_of(message->err), message->offset, producer_stamp_ms(message));
        }
        break;
    case RD_KAFKA_EVENT_ERROR:
        if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__FATAL)
            rd_kafka_fatal_error(producer->rk, producer->fatal, sizeof(producer->fatal));
        else
            log_say(LOG_LEVEL_WARNING, "producer", "%s", rd_kafka_event_error_string(event));
        break;
    default:
        break;
    }
    rd_kafka_event_destroy(event);
}

void producer_turn(struct producer *producer)
{
    rd_kafka_event_t *event;
    kafka_queue_fd_clear(producer->fd);
    while ((event = rd_kafka_queue_poll(producer->queue, 0)) != NULL)
        producer_event(producer, event);
}

const char *producer_fatal(const struct producer *producer)
{
    return producer->fatal[0] == 0 ? NULL : producer->fatal;
}
