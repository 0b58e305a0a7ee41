#include "kafka/reader.h"

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "kafka/rights.h"
#include "os/log.h"

#define TURN_RECORDS 1000

struct stretch {
    int32_t partition;
    int64_t offset; /* as was asked for */
    int64_t end;   /* INT64_MAX: none */
    int64_t next;  /* behind what came last */
    bool known;    /* where it begins and ends */
    bool begun;    /* there is something to read */
    bool doubted;  /* its log was said to end at `next`, which is before its end: the leader is asked */
    bool finished;
};

struct reader {
    rd_kafka_t *rk;
    bool owns_client;
    rd_kafka_queue_t *queue;
    int fd;
    char *topic;
    struct inquiry *inquiry; /* borrowed; NULL: everybody knows where to read */
    const struct reader_calls *calls;
    void *context;
    struct stretch *stretches;
    size_t count, unfinished;
    char fatal[256];
};

struct reader *reader_with(rd_kafka_t *rk, const char *topic, const struct reader_calls *calls, void *context, struct err *err)
{
    struct reader *reader = mem_new(1, sizeof(*reader));
    *reader = (struct reader){.rk = rk, .topic = mem_copy(span_of(topic)), .calls = calls, .context = context};
    reader->queue = rd_kafka_queue_get_consumer(rk);
    reader->fd = kafka_queue_fd(reader->queue, err);
    if (reader->fd >= 0)
        return reader;
    reader_free(reader);
    return NULL;
}

struct reader *reader_new(const struct config *config, struct inquiry *inquiry, const struct reader_calls *calls,
                          void *context, struct err *err)
{
    const struct kafka_setting settings[] = {
        /* One fetch at a time is under way: with librdkafka's 500 ms each partition that is added waits so long for one
         * that has nothing left to say. */
        {"fetch.wait.max.ms", "5"},
        /* All else waits for these, and what they are read into is freed afterwards. librdkafka before 2.2 looks after a
         * full queue only when something wakes it: with the 100 ms of the events' consumer no more than 10 queues of
         * receipts come in a second. */
        {"queued.max.messages.kbytes", "1024"},
        {"fetch.message.max.bytes", "262144"},
        {"topic.metadata.refresh.interval.ms", rd_kafka_version() >= 0x02020000 ? "300000" : "10"},
        {NULL, NULL},
    };
    rd_kafka_t *rk = kafka_bystander_new(config, KAFKA_READ_ALL, settings, err);
    if (rk == NULL)
        return NULL;
    struct reader *reader = reader_with(rk, config->receipts_topic, calls, context, err);
    if (reader == NULL) {
        rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        return NULL;
    }
    reader->owns_client = true;
    reader->inquiry = inquiry;
    return reader;
}

void reader_free(struct reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->owns_client) {
        rd_kafka_queue_destroy(reader->queue);
        rd_kafka_destroy_flags(reader->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    } else {
        rd_kafka_queue_io_event_enable(reader->queue, -1, NULL, 0); /* else it goes on writing to the eventfd */
        rd_kafka_assign(reader->rk, NULL);
        rd_kafka_queue_destroy(reader->queue);
    }
    if (reader->fd >= 0)
        close(reader->fd);
    free(reader->topic);
    free(reader->stretches);
    free(reader);
}

static void *reader_free_aside(void *reader)
{
    reader_free(reader);
    malloc_trim(0); /* what it fetched lay between what stays */
    return NULL;
}

void reader_leave(struct reader *reader)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, reader_free_aside, reader) == 0)
        pthread_detach(thread);
}

int reader_fd(const struct reader *reader)
{
    return reader->fd;
}

static void reader_give_up(struct reader *reader, const char *what, rd_kafka_resp_err_t code)
{
    snprintf(reader->fatal, sizeof(reader->fatal), "topic %.100s cannot be read: %s: %s", reader->topic, what,
             rd_kafka_err2str(code));
}

static void reader_check(struct reader *reader, const char *what, rd_kafka_error_t *error)
{
    if (error == NULL)
        return;
    reader_give_up(reader, what, rd_kafka_error_code(error));
    rd_kafka_error_destroy(error);
}

static void reader_finish(struct reader *reader, struct stretch *stretch)
{
    stretch->finished = true;
    reader->unfinished--;
    if (reader->calls->finished != NULL)
        reader->calls->finished(reader->context, stretch->partition, stretch->end);
}

static void reader_leave_off(struct reader *reader, const rd_kafka_topic_partition_list_t *gone)
{
    if (gone->cnt > 0)
        reader_check(reader, "unassign", rd_kafka_incremental_unassign(reader->rk, gone));
}

void reader_drop(struct reader *reader, int32_t partition)
{
    rd_kafka_topic_partition_list_t *gone = rd_kafka_topic_partition_list_new(1);
    size_t kept = 0;
    if (reader->inquiry != NULL)
        inquiry_forget(reader->inquiry, INQUIRY_RECEIPTS, partition);
    for (size_t i = 0; i < reader->count; i++) {
        const struct stretch *stretch = &reader->stretches[i];
        if (stretch->partition != partition) {
            reader->stretches[kept++] = *stretch;
            continue;
        }
        reader->unfinished -= !stretch->finished;
        if (stretch->begun)
            rd_kafka_topic_partition_list_add(gone, reader->topic, partition);
    }
    reader->count = kept;
    reader_leave_off(reader, gone);
    rd_kafka_topic_partition_list_destroy(gone);
}

static void reader_begin(struct reader *reader, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_list_t *next = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(next, reader->topic, partition)->offset = offset;
    reader_check(reader, "assign", rd_kafka_incremental_assign(reader->rk, next));
    rd_kafka_topic_partition_list_destroy(next);
}

static struct stretch *reader_stretch(struct reader *reader, int32_t partition)
{
    for (size_t i = 0; i < reader->count; i++)
        if (reader->stretches[i].partition == partition && !reader->stretches[i].finished)
            return &reader->stretches[i];
    return NULL;
}

/* A partition that was given away and is assigned again is read anew: what was read of it went to an owner that is gone. */
static struct stretch *reader_new_stretch(struct reader *reader, int32_t partition)
{
    reader_drop(reader, partition);
    reader->stretches = mem_grow(reader->stretches, reader->count + 1, sizeof(*reader->stretches));
    struct stretch *stretch = &reader->stretches[reader->count++];
    *stretch = (struct stretch){.partition = partition};
    reader->unfinished++;
    return stretch;
}

static void reader_know(struct reader *reader, struct stretch *stretch, int64_t from, int64_t end)
{
    stretch->known = true;
    stretch->next = from;
    stretch->end = end;
    stretch->begun = from < end;
    if (stretch->begun)
        reader_begin(reader, stretch->partition, from);
}

void reader_read(struct reader *reader, int32_t partition, int64_t from, int64_t end)
{
    reader_know(reader, reader_new_stretch(reader, partition), from, end);
}

void reader_add(struct reader *reader, int32_t partition, int64_t offset, struct wall since)
{
    reader_new_stretch(reader, partition)->offset = offset;
    inquiry_ask(reader->inquiry, INQUIRY_RECEIPTS, partition, since);
}

/* Where the stretch's log ends, as its leader says. It may have lost its tail, or have been made again: then there is no more.
 * Else it is read on from where it was, by which librdkafka tells anew where it ends. */
static void reader_settle(struct reader *reader, struct stretch *stretch, int64_t end)
{
    bool doubted = stretch->doubted;
    stretch->doubted = false;
    if (doubted && end < stretch->end)
        stretch->end = end;
    if (!doubted || stretch->next >= stretch->end)
        return;
    rd_kafka_topic_partition_list_t *again = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(again, reader->topic, stretch->partition);
    reader_leave_off(reader, again);
    rd_kafka_topic_partition_list_destroy(again);
    reader_begin(reader, stretch->partition, stretch->next);
}

/* Without an inquiry the caller may wait. */
static void reader_settle_doubted(struct reader *reader)
{
    for (size_t i = 0; reader->inquiry == NULL && i < reader->count; i++) {
        struct stretch *stretch = &reader->stretches[i];
        int64_t low, end;
        if (!stretch->doubted)
            continue;
        rd_kafka_resp_err_t code = kafka_watermarks(reader->rk, reader->topic, stretch->partition, &low, &end);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            reader_settle(reader, stretch, end);
        else
            reader_give_up(reader, "where it ends is not known", code);
    }
}

void reader_looked_up(struct reader *reader, const struct inquiry_answer *answer)
{
    struct stretch *stretch = reader_stretch(reader, answer->partition);
    if (stretch == NULL)
        return;
    if (stretch->known) {
        reader_settle(reader, stretch, answer->end);
        return;
    }
    int64_t from = answer->since;
    if (stretch->offset < from)
        from = stretch->offset < answer->begin ? answer->begin : stretch->offset;
    reader_know(reader, stretch, from, answer->end);
}

static void reader_trouble(struct reader *reader, const rd_kafka_message_t *message)
{
    if (reader->calls->trouble != NULL)
        reader->calls->trouble(reader->context, message);
    else
        log_say(LOG_LEVEL_WARNING, "receipts", "topic %s: %s%s", reader->topic, rd_kafka_message_errstr(message),
                rights_advice(message->err));
}

/* What librdkafka calls the end is that of whom it fetches from. A replica that is read from (client.rack), or that became the
 * leader just now, may not know yet how far the log goes; the leader does not say where it ends before it does. At the end there
 * may be nothing but markers of transactions, and gaps. */
static void reader_ends(struct reader *reader, struct stretch *stretch, int64_t offset)
{
    stretch->next = offset;
    stretch->doubted = offset < stretch->end && stretch->end != INT64_MAX;
    if (stretch->doubted && reader->inquiry != NULL)
        inquiry_ask(reader->inquiry, INQUIRY_RECEIPTS, stretch->partition, (struct wall){0});
}

/* Who takes the record may drop stretches. */
static void reader_record(const struct reader *reader, struct stretch *stretch, const rd_kafka_message_t *message)
{
    stretch->next = message->offset + 1;
    stretch->doubted = false;
    if (message->offset < stretch->end)
        reader->calls->record(reader->context, message);
}

static void reader_message(struct reader *reader, const rd_kafka_message_t *message)
{
    bool is_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_end) {
        reader_trouble(reader, message);
        return;
    }
    struct stretch *stretch = reader_stretch(reader, message->partition);
    if (stretch == NULL || strcmp(rd_kafka_topic_name(message->rkt), reader->topic) != 0)
        return; /* of one that was dropped */
    if (is_end)
        reader_ends(reader, stretch, message->offset);
    else
        reader_record(reader, stretch, message);
}

void reader_wait(const struct reader *reader, int wait_ms)
{
    poll(&(struct pollfd){.fd = reader->fd, .events = POLLIN}, 1, wait_ms);
}

/* One that is at its end, and nobody has been told yet; or NULL. */
static struct stretch *reader_ended(struct reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        struct stretch *stretch = &reader->stretches[i];
        if (!stretch->finished && stretch->known && stretch->next >= stretch->end)
            return stretch;
    }
    return NULL;
}

bool reader_turn(struct reader *reader)
{
    struct stretch *ended;
    kafka_queue_fd_clear(reader->fd);
    reader_settle_doubted(reader);
    /* Many at once: asking has its price each time. */
    rd_kafka_message_t *messages[TURN_RECORDS];
    ssize_t count = rd_kafka_consume_batch_queue(reader->queue, 0, messages, TURN_RECORDS);
    for (ssize_t i = 0; i < count; i++) {
        reader_message(reader, messages[i]);
        rd_kafka_message_destroy(messages[i]);
    }
    while ((ended = reader_ended(reader)) != NULL)
        reader_finish(reader, ended);
    return count > 0; /* the eventfd speaks again only when all is taken */
}

bool reader_is_done(const struct reader *reader)
{
    return reader->unfinished == 0;
}

const char *reader_fatal(const struct reader *reader)
{
    return reader->fatal[0] == 0 ? NULL : reader->fatal;
}
