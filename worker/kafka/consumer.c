#include "kafka/consumer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "kafka/lanes.h"
#include "kafka/membership.h"
#include "kafka/positions.h"
#include "kafka/record_of.h"
#include "os/clock.h"
#include "os/log.h"

#define TURN_RECORDS 500  /* then others have their turn */
#define TOGETHER_MS  2000 /* partitions that start within that are begun together: each beginning fetches all of them anew */

struct consumer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    struct consumer_calls calls;
    struct log_checks *checks; /* borrowed, as is the next */
    struct inquiry *inquiry;
    char *topic;
    rd_kafka_topic_partition_list_t *commits;   /* to be sent with the next flush */
    struct arrivals arrivals;
    rd_kafka_topic_partition_list_t *assigning; /* what the group gave, each with an opaque once it is started; NULL: none */
    size_t started, read;                       /* of them; read: told to librdkafka */
    bool told;                                  /* librdkafka has its answer to the assignment */
    struct mono read_by;                        /* what is started then */
    size_t to_release; /* partitions of a revocation that is under way */
    int32_t served;    /* those below are: others were added later */
    size_t unserved;   /* of the assignment */
    struct positions positions;
    struct lanes lanes;
    enum consumer_state state;
    struct buf membership; /* of the assignment */
    int64_t poll_every_ms;
    struct mono poll_by;
    bool closing, join_again, gone;
    rd_kafka_resp_err_t commit_told; /* why commits are refused, as it was told */
    char fatal[sizeof(((struct err *)0)->text)];
};

const char *rebalance_word(enum rebalance rebalance)
{
    static const char *const words[REBALANCES] = {"assigned", "revoked", "lost"};
    return words[rebalance];
}

/* While it runs, only librdkafka's log tells that the log did not hold any more what was to be read next, and that it goes
 * on at the log's beginning: records are lost then. From its threads. */
static void consumer_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    if (strcmp(facility, "OFFSET") == 0 && strstr(text, "offset reset") != NULL)
        log_say(LOG_LEVEL_ERROR, "offset_out_of_range",
                "records were deleted unread, or the topic was made again: %s", text);
    else
        kafka_log(rk, level, facility, text);
}

struct consumer *consumer_new(const struct config *config, const char *instance_id,
                              const struct consumer_calls *calls, struct log_checks *checks,
                              struct err *err)
{
    const struct kafka_setting settings[] = {
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "false"},
        /* Eager: everything is revoked, drained and committed before anything is assigned. librdkafka before 2.4.0
         * hangs in close with the cooperative one. */
        {"partition.assignment.strategy", "range"},
        {"topic.metadata.refresh.interval.ms", "1000"}, /* what has run dry is fetched anew without it */
        {instance_id == NULL ? NULL : "group.instance.id", instance_id},
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf = kafka_consumer_conf_new(config, KAFKA_READ_COMMITTED, settings, err);
    if (conf == NULL)
        return NULL;
    rd_kafka_conf_set_log_cb(conf, consumer_log);
    rd_kafka_conf_set_events(conf,
                             RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR);
    rd_kafka_t *rk = kafka_new(RD_KAFKA_CONSUMER, conf, err);
    if (rk == NULL)
        return NULL;
    struct consumer *consumer = mem_new(1, sizeof(*consumer));
    *consumer =
        (struct consumer){.rk = rk,
                          .calls = *calls,
                          .checks = checks,
                          .topic = mem_copy(span_of(config->events_topic)),
                          .read_by = MONO_NEVER};
    consumer->poll_every_ms = kafka_max_poll_ms(rk) / 4;
    lanes_init(&consumer->lanes, rk);
    rd_kafka_poll_set_consumer(rk);
    consumer->queue = rd_kafka_queue_get_consumer(rk);
    consumer->commits = rd_kafka_topic_partition_list_new(16);
    consumer->fd = kafka_queue_fd(consumer->queue, err);
    if (consumer->fd < 0) {
        consumer_free(consumer);
        return NULL;
    }
    return consumer;
}

void consumer_free(struct consumer *consumer)
{
    if (consumer == NULL)
        return;
    rd_kafka_topic_partition_list_destroy(consumer->commits);
    if (consumer->assigning != NULL)
        rd_kafka_topic_partition_list_destroy(consumer->assigning);
    arrivals_done(&consumer->arrivals);
    lanes_done(&consumer->lanes);
    rd_kafka_queue_destroy(consumer->queue);
    rd_kafka_destroy_flags(consumer->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (consumer->fd >= 0)
        close(consumer->fd);
    free(consumer->topic);
    positions_done(&consumer->positions);
    buf_done(&consumer->membership);
    free(consumer);
}

static int consumer_join(struct consumer *consumer, struct err *err)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, consumer->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_UNREACHABLE, "cannot subscribe to %s: %s", consumer->topic,
                       rd_kafka_err2str(code));
    return 0;
}

int consumer_subscribe(struct consumer *consumer, struct inquiry *inquiry, int32_t served, struct err *err)
{
    consumer->inquiry = inquiry;
    consumer->served = served;
    return consumer_join(consumer, err);
}

rd_kafka_t *consumer_handle(const struct consumer *consumer)
{
    return consumer->rk;
}

int consumer_fd(const struct consumer *consumer)
{
    return consumer->fd;
}

/* ---- for the metrics ---- */

enum consumer_state consumer_state(const struct consumer *consumer)
{
    return consumer->gone ? CONSUMER_GONE : consumer->state;
}

size_t consumer_partition_count(const struct consumer *consumer)
{
    return consumer->positions.count;
}

size_t consumer_unserved(const struct consumer *consumer)
{
    return consumer->unserved;
}

int32_t consumer_next_partition(const struct consumer *consumer, int32_t partition, int64_t *lag)
{
    return positions_next(&consumer->positions, partition, consumer->rk, consumer->topic, lag);
}

void consumer_ask_ends(struct consumer *consumer, bool paused)
{
    int64_t lag;
    int32_t partition = -1;
    while ((partition = consumer_next_partition(consumer, partition, &lag)) >= 0)
        if (paused || lag > 0)
            inquiry_ask(consumer->inquiry, INQUIRY_ENDS, partition, (struct wall){0});
}

/* ---- assignments ---- */

/* Nothing of it is on its way any more. */
static void consumer_forget(struct consumer *consumer)
{
    if (consumer->assigning != NULL)
        rd_kafka_topic_partition_list_destroy(consumer->assigning);
    consumer->assigning = NULL;
    consumer->read_by = MONO_NEVER;
    arrivals_clear(&consumer->arrivals, consumer->inquiry);
}

/* All that are started, where each goes on: those that are read already begin anew there. With the eager protocol librdkafka
 * takes an assignment only as a whole. */
static void consumer_assign_now(struct consumer *consumer)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(consumer->assigning->cnt);
    for (int i = 0; i < consumer->assigning->cnt; i++) {
        int32_t partition = consumer->assigning->elems[i].partition;
        if (consumer->assigning->elems[i].opaque != NULL)
            rd_kafka_topic_partition_list_add(list, consumer->topic, partition)->offset =
                positions_place(&consumer->positions, partition);
    }
    rd_kafka_assign(consumer->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    consumer->told = true;
    consumer->read = consumer->started;
    consumer->read_by = MONO_NEVER;
    bool all = consumer->read == (size_t)consumer->assigning->cnt;
    if (all || consumer->read > 0)
        consumer->state = CONSUMER_READING;
    if (all)
        log_say(LOG_LEVEL_INFO, "started", "records are read");
    else if (consumer->read > 0)
        log_say(LOG_LEVEL_INFO, "starting", "%zu of %d partitions are read", consumer->read, consumer->assigning->cnt);
}

/* Takes the list over. What is not started is held back: no record can come early. librdkafka has to be answered soon all the same:
 * until then this worker takes part in no rebalance. */
static void consumer_assign(struct consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    membership_read(&consumer->membership, consumer->rk);
    consumer->assigning = list;
    consumer->state = CONSUMER_STARTING;
    consumer->started = consumer->read = consumer->to_release = 0;
    consumer->told = false;
    for (int i = 0; i < list->cnt; i++)
        positions_add(&consumer->positions, list->elems[i].partition, 0, 0);
    log_checks_clear(consumer->checks); /* nobody waits for those of the assignment before */
    arrivals_begin(&consumer->arrivals, consumer->inquiry, list);
    consumer->read_by = mono_after(clock_now().mono, TOGETHER_MS);
    if (list->cnt == 0)
        consumer_assign_now(consumer);
}

static void consumer_arrived(void *context, const struct assigned *assigned)
{
    struct consumer *consumer = context;
    positions_set(&consumer->positions, assigned->partition, assigned->offset, assigned->end);
    lanes_add(&consumer->lanes, consumer->rk, consumer->topic, assigned->partition, consumer->fd);
    consumer->calls.assigned(consumer->calls.context, assigned);
}

void consumer_looked_up(struct consumer *consumer, const struct inquiry_answer *answer)
{
    if (answer->kind == INQUIRY_ENDS)
        positions_end(&consumer->positions, answer->partition, answer->end);
    else
        arrivals_looked_up(&consumer->arrivals, consumer->checks, answer, consumer_arrived, consumer);
}

bool consumer_log_checked(struct consumer *consumer, const struct log_check *check)
{
    return arrivals_checked(&consumer->arrivals, consumer->inquiry, consumer->checks, check, consumer_arrived, consumer);
}

bool consumer_waits(const struct consumer *consumer, int32_t partition, char *why, size_t size)
{
    return arrivals_wait(&consumer->arrivals, consumer->inquiry, partition, why, size);
}

/* What is started is read when all are, or a little later without those that are not. */
void consumer_started(struct consumer *consumer, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_t *one =
        consumer->assigning == NULL
            ? NULL
            : rd_kafka_topic_partition_list_find(consumer->assigning, consumer->topic, partition);
    if (one == NULL || one->opaque != NULL)
        return;
    one->opaque = consumer; /* it is started */
    positions_read(&consumer->positions, partition, offset - 1);
    if (++consumer->started == (size_t)consumer->assigning->cnt)
        consumer_assign_now(consumer);
    else if (consumer->read_by.ms == MONO_NEVER.ms)
        consumer->read_by = mono_after(clock_now().mono, TOGETHER_MS);
}

void consumer_join_again(struct consumer *consumer)
{
    consumer->join_again = true;
}

/* Those of the group's word that are served; free it. Partitions that were added to the topic in use have no receipts yet, and
 * what lies in the others is where fewer put it. */
static rd_kafka_topic_partition_list_t *consumer_served(struct consumer *consumer,
                                                        const rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_topic_partition_list_t *served = rd_kafka_topic_partition_list_new(partitions->cnt);
    for (int i = 0; i < partitions->cnt; i++)
        if (partitions->elems[i].partition < consumer->served)
            rd_kafka_topic_partition_list_add(served, consumer->topic, partitions->elems[i].partition);
    consumer->unserved = (size_t)(partitions->cnt - served->cnt);
    return served;
}

static void consumer_rebalance(struct consumer *consumer, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_list_t *partitions =
        consumer_served(consumer, rd_kafka_event_topic_partition_list(event));
    bool assigned = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    bool lost = !assigned && rd_kafka_assignment_lost(consumer->rk) != 0;
    consumer->calls.rebalanced(consumer->calls.context,
                               assigned ? REBALANCE_ASSIGNED
                               : lost   ? REBALANCE_LOST
                                        : REBALANCE_REVOKED,
                               partitions->cnt);
    positions_clear(&consumer->positions);
    lanes_clear(&consumer->lanes);
    consumer_forget(consumer);
    consumer->state = lost ? CONSUMER_LOST : CONSUMER_REVOKED;
    if (assigned && !consumer->closing) {
        consumer->gone = false;
        if (consumer->unserved > 0)
            consumer->calls.unserved(consumer->calls.context, consumer->served, consumer->unserved);
        consumer_assign(consumer, partitions);
        return;
    }
    int count = assigned ? 0 : partitions->cnt;
    consumer->unserved = 0;
    consumer->to_release = (size_t)count;
    if (count == 0)
        rd_kafka_assign(consumer->rk, NULL);
    for (int i = 0; i < count; i++)
        consumer->calls.revoked(consumer->calls.context, partitions->elems[i].partition, lost);
    rd_kafka_topic_partition_list_destroy(partitions);
}

void consumer_released(struct consumer *consumer, int32_t partition)
{
    (void)partition;
    if (consumer->to_release > 0 && --consumer->to_release == 0)
        rd_kafka_assign(consumer->rk, NULL);
}

/* ---- records and commits ---- */

static void consumer_record(struct consumer *consumer, const rd_kafka_message_t *message)
{
    struct header headers[RECORD_HEADERS];
    struct record record;
    record_of(message, headers, &record);
    positions_read(&consumer->positions, record.partition, record.offset);
    lanes_count(&consumer->lanes, record.value.size);
    consumer->calls.record(consumer->calls.context, &record);
}

/* Each is sent again, some times a second: a reason is told once, until it is another or they are accepted. */
static void consumer_tell_refusal(struct consumer *consumer, rd_kafka_resp_err_t code)
{
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET || code == consumer->commit_told)
        return;
    consumer->commit_told = code;
    log_say(LOG_LEVEL_WARNING, "commit", "%s", rd_kafka_err2str(code));
}

static void consumer_committed(struct consumer *consumer, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    consumer_tell_refusal(consumer, code);
    bool is_member = membership_holds(&consumer->membership, consumer->rk);
    for (int i = 0; list != NULL && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        bool ok = is_member && code == RD_KAFKA_RESP_ERR_NO_ERROR && one->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        consumer_tell_refusal(consumer, one->err);
        if (ok && consumer->commit_told != RD_KAFKA_RESP_ERR_NO_ERROR) {
            log_say(LOG_LEVEL_INFO, "commit", "accepted again");
            consumer->commit_told = RD_KAFKA_RESP_ERR_NO_ERROR;
        }
        consumer->calls.committed(consumer->calls.context, one->partition, (uint64_t)(uintptr_t)one->opaque,
                                  ok);
    }
}

void consumer_commit(struct consumer *consumer, uint64_t handle, int32_t partition, int64_t offset,
                     struct span metadata)
{
    rd_kafka_topic_partition_t *one =
        rd_kafka_topic_partition_list_add(consumer->commits, consumer->topic, partition);
    one->offset = offset;
    one->opaque = (void *)(uintptr_t)handle; /* it comes back in the answer */
    one->metadata = mem_copy(metadata);      /* the list frees it */
    one->metadata_size = metadata.size;
}

void consumer_flush(struct consumer *consumer)
{
    if (consumer->commits->cnt == 0)
        return;
    rd_kafka_resp_err_t code =
        rd_kafka_commit_queue(consumer->rk, consumer->commits, consumer->queue, NULL, NULL);
    rd_kafka_topic_partition_list_t *refused = code == RD_KAFKA_RESP_ERR_NO_ERROR ? NULL : consumer->commits;
    if (refused == NULL)
        rd_kafka_topic_partition_list_destroy(consumer->commits);
    consumer->commits = rd_kafka_topic_partition_list_new(16);
    for (int i = 0; refused != NULL && i < refused->cnt; i++)
        consumer->calls.committed(consumer->calls.context, refused->elems[i].partition,
                                  (uint64_t)(uintptr_t)refused->elems[i].opaque, false);
    if (refused != NULL)
        rd_kafka_topic_partition_list_destroy(refused);
}

void consumer_pause(struct consumer *consumer, int32_t partition, bool paused)
{
    rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(one, consumer->topic, partition);
    rd_kafka_resp_err_t code =
        paused ? rd_kafka_pause_partitions(consumer->rk, one) : rd_kafka_resume_partitions(consumer->rk, one);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        log_say(LOG_LEVEL_ERROR, paused ? "pause" : "resume", "partition %d: %s", (int)partition,
                rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(one);
    if (!paused)
        lanes_resumed(&consumer->lanes, partition);
}

/* ---- events ---- */

static void consumer_error(struct consumer *consumer, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        code = rd_kafka_fatal_error(consumer->rk, consumer->fatal, sizeof(consumer->fatal));
    if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
        snprintf(consumer->fatal, sizeof(consumer->fatal),
                 "another worker has joined the group under this one's group_instance_id, from elsewhere "
                 "(give each machine a host name of its own), or Kafka was away for longer than "
                 "session.timeout.ms (start it again)");
    else if (consumer->fatal[0] == 0 && code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        if (!consumer->gone)
            consumer->calls.gone(consumer->calls.context);
        consumer->gone = true;
    } else if (consumer->fatal[0] == 0)
        log_say(LOG_LEVEL_WARNING, "consumer", "%s", rd_kafka_event_error_string(event));
}

/* Subscribing once more is how librdkafka gives up an assignment of its own accord. */
static void consumer_subscribe_again(struct consumer *consumer)
{
    struct err err;
    consumer->join_again = false;
    if (!consumer->closing && consumer_join(consumer, &err) != 0)
        snprintf(consumer->fatal, sizeof(consumer->fatal), "%s", err.text);
}

static void consumer_event(struct consumer *consumer, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *message;
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_FETCH:
        while ((message = rd_kafka_event_message_next(event)) != NULL) {
            if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
                consumer_record(consumer, message);
            else
                log_say(LOG_LEVEL_WARNING, "fetch", "%s", rd_kafka_message_errstr(message));
        }
        break;
    case RD_KAFKA_EVENT_REBALANCE:
        consumer_rebalance(consumer, event);
        break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
        consumer_committed(consumer, event);
        break;
    case RD_KAFKA_EVENT_ERROR:
        consumer_error(consumer, event);
        break;
    default:
        break;
    }
    rd_kafka_event_destroy(event);
    if (consumer->join_again)
        consumer_subscribe_again(consumer);
}

struct mono consumer_deadline(const struct consumer *consumer)
{
    struct mono at = mono_earlier(consumer->poll_by, consumer->read_by);
    return consumer->join_again ? (struct mono){0} : mono_earlier(at, consumer->lanes.refill_by);
}

bool consumer_turn(struct consumer *consumer, struct mono now)
{
    void *context = consumer->calls.context;
    rd_kafka_event_t *event;
    if (kafka_queue_fd_clear(consumer->fd))
        lanes_wake(&consumer->lanes);
    if (consumer->join_again)
        consumer_subscribe_again(consumer);
    consumer->poll_by = mono_after(now, consumer->poll_every_ms);
    while ((event = rd_kafka_queue_poll(consumer->queue, 0)) != NULL)
        consumer_event(consumer, event);
    if (mono_reached(consumer->read_by, now))
        consumer_assign_now(consumer);
    bool more = true;
    for (int i = 0; i < TURN_RECORDS && more && consumer->calls.wanted(context); i++) {
        event = lanes_take(&consumer->lanes, consumer->calls.held, context);
        more = event != NULL;
        if (more)
            consumer_event(consumer, event);
    }
    lanes_refill(&consumer->lanes, consumer->rk, consumer->topic, now);
    return more;
}

void consumer_close(struct consumer *consumer)
{
    if (consumer->assigning != NULL && !consumer->told) { /* librdkafka waits for an answer to the assignment */
        consumer->assigning->cnt = 0;
        consumer_assign_now(consumer);
    }
    consumer_forget(consumer);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(consumer->rk, consumer->queue);
    consumer->closing = error == NULL;
    if (error != NULL) {
        log_say(LOG_LEVEL_WARNING, "close", "%s", rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
    }
}

bool consumer_is_closed(const struct consumer *consumer)
{
    return !consumer->closing || rd_kafka_consumer_closed(consumer->rk) != 0;
}

const char *consumer_fatal(const struct consumer *consumer)
{
    return consumer->fatal[0] == 0 ? NULL : consumer->fatal;
}
