#include "kafka/consumer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "kafka/assignment.h"
#include "kafka/commits.h"
#include "kafka/lanes.h"
#include "kafka/record_of.h"
#include "kafka/rights.h"
#include "os/clock.h"
#include "os/log.h"

#define TURN_RECORDS 500 /* then others have their turn */

struct consumer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    struct consumer_calls calls;
    struct log_checks *checks; /* borrowed, as is the next */
    struct inquiry *inquiry;
    char *topic;
    struct commits commits;
    struct arrivals arrivals;
    struct assignment assignment;
    struct lanes lanes;
    enum consumer_state state;
    int64_t poll_every_ms;
    struct mono poll_by;
    bool closing, join_again, gone;
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
                          .topic = mem_copy(span_of(config->events_topic))};
    assignment_init(&consumer->assignment, rk, consumer->topic);
    consumer->poll_every_ms = kafka_max_poll_ms(rk) / 4;
    lanes_init(&consumer->lanes, rk);
    rd_kafka_poll_set_consumer(rk);
    consumer->queue = rd_kafka_queue_get_consumer(rk);
    commits_init(&consumer->commits, rk, consumer->queue);
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
    commits_done(&consumer->commits);
    assignment_done(&consumer->assignment);
    arrivals_done(&consumer->arrivals);
    lanes_done(&consumer->lanes);
    rd_kafka_queue_destroy(consumer->queue);
    rd_kafka_destroy_flags(consumer->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (consumer->fd >= 0)
        close(consumer->fd);
    free(consumer->topic);
    free(consumer);
}

int consumer_subscribe(struct consumer *consumer, struct inquiry *inquiry, int32_t served, struct err *err)
{
    consumer->inquiry = inquiry;
    consumer->assignment.served = served;
    return assignment_ask(&consumer->assignment, err);
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
    return consumer->assignment.positions.count;
}

size_t consumer_unserved(const struct consumer *consumer)
{
    return consumer->assignment.unserved;
}

int32_t consumer_next_partition(const struct consumer *consumer, int32_t partition, int64_t *lag)
{
    return positions_next(&consumer->assignment.positions, partition, consumer->rk, consumer->topic, lag);
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
    assignment_forget(&consumer->assignment);
    arrivals_clear(&consumer->arrivals, consumer->inquiry);
}

static void consumer_hand_on(struct consumer *consumer)
{
    if (assignment_hand_on(&consumer->assignment))
        consumer->state = CONSUMER_READING;
}

/* Takes the list over. What is not started is held back: no record can come early. */
static void consumer_assign(struct consumer *consumer, rd_kafka_topic_partition_list_t *list)
{
    commits_assigned(&consumer->commits);
    assignment_begin(&consumer->assignment, list, clock_now().mono);
    consumer->state = CONSUMER_STARTING;
    log_checks_clear(consumer->checks); /* nobody waits for those of the assignment before */
    arrivals_begin(&consumer->arrivals, consumer->inquiry, list);
    if (list->cnt == 0)
        consumer_hand_on(consumer);
}

static void consumer_arrived(void *context, const struct assigned *assigned)
{
    struct consumer *consumer = context;
    positions_set(&consumer->assignment.positions, assigned->partition, assigned->offset, assigned->end);
    lanes_add(&consumer->lanes, consumer->rk, consumer->topic, assigned->partition, consumer->fd);
    consumer->calls.assigned(consumer->calls.context, assigned);
}

void consumer_looked_up(struct consumer *consumer, const struct inquiry_answer *answer)
{
    if (answer->kind == INQUIRY_ENDS)
        positions_end(&consumer->assignment.positions, answer->partition, answer->end);
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

void consumer_started(struct consumer *consumer, int32_t partition, int64_t offset)
{
    if (assignment_started(&consumer->assignment, partition, offset, clock_now().mono))
        consumer_hand_on(consumer);
}

void consumer_join_again(struct consumer *consumer)
{
    consumer->join_again = true;
}

static void consumer_rebalance(struct consumer *consumer, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_list_t *partitions =
        assignment_served(&consumer->assignment, rd_kafka_event_topic_partition_list(event));
    bool assigned = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    bool lost = !assigned && rd_kafka_assignment_lost(consumer->rk) != 0;
    consumer->calls.rebalanced(consumer->calls.context,
                               assigned ? REBALANCE_ASSIGNED
                               : lost   ? REBALANCE_LOST
                                        : REBALANCE_REVOKED,
                               partitions->cnt);
    positions_clear(&consumer->assignment.positions);
    lanes_clear(&consumer->lanes);
    consumer_forget(consumer);
    consumer->state = lost ? CONSUMER_LOST : CONSUMER_REVOKED;
    if (assigned && !consumer->closing) {
        consumer->gone = false;
        if (consumer->assignment.unserved > 0)
            consumer->calls.unserved(consumer->calls.context, consumer->assignment.served, consumer->assignment.unserved);
        consumer_assign(consumer, partitions);
        return;
    }
    int count = assigned ? 0 : partitions->cnt;
    assignment_revoked(&consumer->assignment, (size_t)count);
    for (int i = 0; i < count; i++)
        consumer->calls.revoked(consumer->calls.context, partitions->elems[i].partition, lost);
    rd_kafka_topic_partition_list_destroy(partitions);
}

void consumer_released(struct consumer *consumer, int32_t partition)
{
    (void)partition;
    assignment_released(&consumer->assignment);
}

/* ---- records and commits ---- */

static void consumer_record(struct consumer *consumer, const rd_kafka_message_t *message)
{
    struct header headers[RECORD_HEADERS];
    struct record record;
    record_of(message, headers, &record);
    positions_read(&consumer->assignment.positions, record.partition, record.offset);
    lanes_count(&consumer->lanes, record.value.size);
    consumer->calls.record(consumer->calls.context, &record);
}

void consumer_commit(struct consumer *consumer, uint64_t handle, int32_t partition, int64_t offset,
                     struct span metadata)
{
    commits_add(&consumer->commits, consumer->topic, partition, offset, metadata, handle);
}

void consumer_flush(struct consumer *consumer)
{
    commits_flush(&consumer->commits, consumer->calls.committed, consumer->calls.context);
}

void consumer_pause(struct consumer *consumer, int32_t partition, bool paused)
{
    assignment_pause(&consumer->assignment, partition, paused);
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
        log_say(LOG_LEVEL_WARNING, "consumer", "%s%s", rd_kafka_event_error_string(event), rights_advice(code));
}

static void consumer_subscribe_again(struct consumer *consumer)
{
    struct err err;
    consumer->join_again = false;
    if (!consumer->closing && assignment_ask(&consumer->assignment, &err) != 0)
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
        commits_take(&consumer->commits, event, consumer->calls.committed, consumer->calls.context);
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
    struct mono at = mono_earlier(consumer->poll_by, consumer->assignment.read_by);
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
    if (mono_reached(consumer->assignment.read_by, now))
        consumer_hand_on(consumer);
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
    if (assignment_refuse(&consumer->assignment))
        consumer->state = CONSUMER_READING;
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
