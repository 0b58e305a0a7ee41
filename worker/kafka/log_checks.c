#include "kafka/log_checks.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "progress/offsets.h"

struct log_question {
    struct log_check check;
    bool wants_begin; /* the rest is known */
    bool begins;      /* its partition is read from the next flush on */
    bool reads;       /* it is: what comes of it is for this question */
};

struct log_checks {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    char *topic;
    struct log_question *questions;
    size_t count, capacity;
    rd_kafka_topic_partition_list_t *begin, *end; /* of which reading begins and ends with the next flush */
};

struct log_checks *log_checks_new(const struct config *config, struct err *err)
{
    const struct kafka_setting settings[] = {
        {"fetch.wait.max.ms", "5"},
        {"fetch.message.max.bytes", "65536"}, /* one record is wanted; a batch comes whole */
        {NULL, NULL},
    };
    /* A transaction that somebody left open before that offset must not hide what is there. */
    rd_kafka_t *rk = kafka_bystander_new(config, KAFKA_READ_ALL, settings, err);
    if (rk == NULL)
        return NULL;
    struct log_checks *checks = mem_new(1, sizeof(*checks));
    *checks = (struct log_checks){.rk = rk,
                                  .topic = mem_copy(span_of(config->events_topic)),
                                  .begin = rd_kafka_topic_partition_list_new(1),
                                  .end = rd_kafka_topic_partition_list_new(1)};
    checks->queue = rd_kafka_queue_get_consumer(rk);
    checks->fd = kafka_queue_fd(checks->queue, err);
    if (checks->fd >= 0)
        return checks;
    log_checks_free(checks);
    return NULL;
}

void log_checks_free(struct log_checks *checks)
{
    if (checks == NULL)
        return;
    rd_kafka_queue_destroy(checks->queue);
    rd_kafka_destroy_flags(checks->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (checks->fd >= 0)
        close(checks->fd);
    rd_kafka_topic_partition_list_destroy(checks->begin);
    rd_kafka_topic_partition_list_destroy(checks->end);
    free(checks->topic);
    free(checks->questions);
    free(checks);
}

int log_checks_fd(const struct log_checks *checks)
{
    return checks->fd;
}

rd_kafka_t *log_checks_handle(const struct log_checks *checks)
{
    return checks->rk;
}

/* ---- reading ---- */

static bool list_apply(const struct log_checks *checks, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_error_t *error = list == checks->end ? rd_kafka_incremental_unassign(checks->rk, list)
                                                  : rd_kafka_incremental_assign(checks->rk, list);
    bool ok = error == NULL;
    if (!ok)
        rd_kafka_error_destroy(error);
    return ok;
}

static void list_clear(rd_kafka_topic_partition_list_t *list)
{
    while (list->cnt > 0)
        rd_kafka_topic_partition_list_del_by_idx(list, list->cnt - 1);
}

/* Each call makes librdkafka wait for a thread of its own, which wakes this one: so one call for all of them. */
void log_checks_flush(struct log_checks *checks)
{
    if (checks->end->cnt > 0)
        list_apply(checks, checks->end);
    list_clear(checks->end);
    if (checks->begin->cnt == 0)
        return;
    bool begun = list_apply(checks, checks->begin); /* else they stay without an answer, and are asked again */
    for (size_t i = 0; i < checks->count; i++) {
        checks->questions[i].reads |= begun && checks->questions[i].begins;
        checks->questions[i].begins = false;
    }
    list_clear(checks->begin);
}

static void question_begin(const struct log_checks *checks, struct log_question *question, int64_t offset)
{
    question->begins = true;
    rd_kafka_topic_partition_list_add(checks->begin, checks->topic, question->check.partition)->offset = offset;
}

static void question_end(const struct log_checks *checks, struct log_question *question)
{
    if (question->reads)
        rd_kafka_topic_partition_list_add(checks->end, checks->topic, question->check.partition);
    else if (question->begins)
        rd_kafka_topic_partition_list_del(checks->begin, checks->topic, question->check.partition);
    question->reads = question->begins = false;
}

/* ---- questions ---- */

static struct log_question *checks_question(struct log_checks *checks, int32_t partition)
{
    for (size_t i = 0; i < checks->count; i++)
        if (checks->questions[i].check.partition == partition)
            return &checks->questions[i];
    return NULL;
}

static void checks_forget(struct log_checks *checks, struct log_question *question)
{
    question_end(checks, question);
    *question = checks->questions[--checks->count];
}

void log_checks_clear(struct log_checks *checks)
{
    while (checks->count > 0)
        checks_forget(checks, &checks->questions[checks->count - 1]);
}

void log_checks_ask(struct log_checks *checks, int32_t partition, int64_t offset, uint64_t handle)
{
    struct log_question *question = checks_question(checks, partition);
    if (question != NULL)
        checks_forget(checks, question);
    if (checks->count == checks->capacity) {
        checks->capacity = checks->capacity * 2 + 16;
        checks->questions = mem_grow(checks->questions, checks->capacity, sizeof(*checks->questions));
    }
    checks->questions[checks->count++] =
        (struct log_question){.check = {.partition = partition, .handle = handle, .asked = offset}};
    question_begin(checks, &checks->questions[checks->count - 1], offset);
}

/* What comes first of a partition is the record at the offset where reading began, the next one behind it, or the log's end. */
static void checks_take(struct log_checks *checks, const rd_kafka_message_t *message, log_check_found *found,
                        void *context)
{
    bool is_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    struct log_question *question = checks_question(checks, message->partition);
    if (question == NULL || !question->reads || (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_end))
        return; /* trouble: it is read as soon as that is over */
    struct log_check *check = &question->check;
    if (question->wants_begin) {
        check->begin = message->offset;
    } else {
        check->offset = message->offset;
        check->stamp = is_end ? 0 : offsets_stamp(rd_kafka_message_timestamp(message, NULL));
        question->wants_begin = check->offset > check->asked;
        if (question->wants_begin) {
            question_end(checks, question);
            question_begin(checks, question, RD_KAFKA_OFFSET_BEGINNING);
            return;
        }
    }
    const struct log_check answer = *check;
    checks_forget(checks, question);
    found(context, &answer);
}

void log_checks_turn(struct log_checks *checks, log_check_found *found, void *context)
{
    rd_kafka_message_t *message;
    kafka_queue_fd_clear(checks->fd);
    /* One at a time: the callback for the first may forget the second. */
    while (rd_kafka_consume_batch_queue(checks->queue, 0, &message, 1) == 1) {
        checks_take(checks, message, found, context);
        rd_kafka_message_destroy(message);
    }
}
