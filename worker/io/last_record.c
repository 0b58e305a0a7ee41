#include "io/last_record.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/clock.h"

#define READ_MS 10000

struct question {
    int32_t partition;
    int64_t offset;
    int64_t *stamp_ms;
    bool answered;
};

struct last_records {
    const struct config *config;
    struct question *questions;
    size_t count, unanswered;
};

struct last_records *last_records_new(const struct config *config)
{
    struct last_records *records = mem_new(1, sizeof(*records));
    records->config = config;
    return records;
}

void last_records_free(struct last_records *records)
{
    free(records->questions);
    free(records);
}

void last_records_ask(struct last_records *records, int32_t partition, int64_t offset, int64_t *stamp_ms)
{
    records->questions = mem_grow(records->questions, records->count + 1, sizeof(*records->questions));
    records->questions[records->count++] = (struct question){partition, offset, stamp_ms, false};
    records->unanswered++;
}

static rd_kafka_t *last_records_consumer(const struct config *config, struct err *err)
{
    const struct kafka_setting settings[] = {
        {"group.id", config->group_id}, /* librdkafka wants one; it is never joined */
        {"enable.auto.commit", "false"},
        {"auto.offset.reset", "earliest"},
        {"enable.partition.eof", "true"},
        /* Who left a transaction open before that offset must not hide what is there. */
        {"isolation.level", "read_uncommitted"},
        {"allow.auto.create.topics", "false"},
        {"fetch.wait.max.ms", "5"},
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf = kafka_consumer_conf_new(config, settings, err);
    rd_kafka_t *rk = conf == NULL ? NULL : kafka_new(RD_KAFKA_CONSUMER, conf, err);
    if (rk != NULL)
        rd_kafka_poll_set_consumer(rk);
    return rk;
}

/* What comes first of a partition is the record at its offset, the next one behind it, or the log's end. */
static void last_records_take(struct last_records *records, const rd_kafka_message_t *message)
{
    bool is_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_end)
        return;
    for (size_t i = 0; i < records->count; i++) {
        struct question *question = &records->questions[i];
        if (question->partition != message->partition || question->answered)
            continue;
        if (!is_end && message->offset == question->offset)
            *question->stamp_ms = rd_kafka_message_timestamp(message, NULL);
        question->answered = true;
        records->unanswered--;
    }
}

int last_records_read(struct last_records *records, struct err *err)
{
    if (records->unanswered == 0)
        return 0;
    rd_kafka_t *rk = last_records_consumer(records->config, err);
    if (rk == NULL)
        return -1;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)records->count);
    for (size_t i = 0; i < records->count; i++)
        rd_kafka_topic_partition_list_add(list, records->config->events_topic, records->questions[i].partition)
            ->offset = records->questions[i].offset;
    rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    struct mono until = mono_after(clock_now().mono, READ_MS);
    while (records->unanswered > 0 && !mono_reached(until, clock_now().mono)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 100);
        if (message != NULL) {
            last_records_take(records, message);
            rd_kafka_message_destroy(message);
        }
    }
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (records->unanswered > 0)
        return err_set(err, ERR_UNREACHABLE, "it does not give the last record below what was committed");
    return 0;
}
