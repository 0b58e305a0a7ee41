#include "io/consumer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/lanes.h"
#include "io/log.h"
#include "io/membership.h"
#include "io/positions.h"
#include "io/record_of.h"

#define TURN_RECORDS 500 /* then others have their turn */

struct consumer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    struct consumer_calls calls;
    struct log_checks *checks; /* borrowed */
    char *topic;
    rd_kafka_topic_partition_list_t *commits;   /* to be sent with the next flush */
    rd_kafka_topic_partition_list_t *assigning; /* until all of them are started; NULL: none */
    size_t to_start;
    size_t to_release; /* partitions of a revocation that is under way */
    struct positions positions;
    struct lanes lanes;
    enum consumer_state state;
    struct buf membership; /* of the assignment */
    int64_t poll_every_ms;
    struct mono poll_by;
    bool closing, join_again;
    char fatal[512];
};

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
        {"group.id", config->group_id},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "earliest"},
        {"allow.auto.create.topics", "false"},
        {"enable.partition.eof", "false"},
        /* Eager: everything is revoked, drained and committed before anything is assigned. librdkafka before 2.4.0
         * hangs in close with the cooperative one. */
        {"partition.assignment.strategy", "range"},
        {instance_id == NULL ? NULL : "group.instance.id", instance_id},
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf = kafka_consumer_conf_new(config, settings, err);
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
    consumer->poll_every_ms = kafka_max_poll_ms(rk) / 4;
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

int consumer_subscribe(struct consumer *consumer, struct err *err)
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
    return consumer->state;
}

size_t consumer_partition_count(const struct consumer *consumer)
{
    return consumer->positions.count;
}

int32_t consumer_next_partition(const struct consumer *consumer, int32_t partition, int64_t *lag)
{
    return positions_next(&consumer->positions, partition, consumer->rk, consumer->topic, lag);
}

/* ---- assignments ---- */

static void consumer_assign_now(struct consumer *consumer)
{
    rd_kafka_assign(consumer->rk, consumer->assigning);
    rd_kafka_topic_partition_list_destroy(consumer->assigning);
    consumer->assigning = NULL;
    consumer->state = CONSUMER_READING;
    log_say(LOG_LEVEL_INFO, "started", "records are read");
}

/* Nothing of ours is under way at this moment (eager assignment: all was released, or is lost with this), so waiting for the
 * broker's answers holds up nobody. The assignment itself is held back until every partition is started: no record can come
 * early. */
static void consumer_assign(struct consumer *consumer, const rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(partitions);
    struct assigned *told = mem_new((size_t)list->cnt + 1, sizeof(*told));
    struct err err;
    membership_read(&consumer->membership, consumer->rk);
    if (consumer->assigning != NULL)
        rd_kafka_topic_partition_list_destroy(consumer->assigning);
    consumer->assigning = list;
    consumer->state = CONSUMER_STARTING;
    consumer->to_start = (size_t)list->cnt;
    consumer->to_release = 0;
    bool good = assigned_look_up(consumer->rk, consumer->checks, list, told, &err) == 0;
    if (!good)
        snprintf(consumer->fatal, sizeof(consumer->fatal), "%s", err.text);
    for (int i = 0; i < list->cnt && good; i++) {
        positions_add(&consumer->positions, told[i].partition, told[i].offset, told[i].end);
        lanes_add(&consumer->lanes, consumer->rk, consumer->topic, told[i].partition, consumer->fd);
        consumer->calls.assigned(consumer->calls.context, &told[i]);
    }
    if (good && list->cnt == 0)
        consumer_assign_now(consumer);
    free(told);
}

void consumer_started(struct consumer *consumer, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_t *one =
        consumer->assigning == NULL
            ? NULL
            : rd_kafka_topic_partition_list_find(consumer->assigning, consumer->topic, partition);
    if (one == NULL)
        return;
    one->offset = offset;
    positions_read(&consumer->positions, partition, offset - 1);
    if (consumer->to_start > 0 && --consumer->to_start == 0)
        consumer_assign_now(consumer);
}

void consumer_join_again(struct consumer *consumer)
{
    consumer->join_again = true;
}

static void consumer_rebalance(struct consumer *consumer, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_list_t *partitions = rd_kafka_event_topic_partition_list(event);
    bool assigned = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    bool lost = !assigned && rd_kafka_assignment_lost(consumer->rk) != 0;
    log_say(LOG_LEVEL_INFO,
            assigned ? "assigned"
            : lost   ? "lost"
                     : "revoked",
            "%d partitions", partitions->cnt);
    positions_clear(&consumer->positions);
    lanes_clear(&consumer->lanes);
    consumer->state = CONSUMER_WAITING;
    if (assigned && !consumer->closing) {
        consumer_assign(consumer, partitions);
        return;
    }
    if (assigned || partitions->cnt == 0) {
        rd_kafka_assign(consumer->rk, NULL);
        return;
    }
    consumer->to_release = (size_t)partitions->cnt;
    for (int i = 0; i < partitions->cnt; i++)
        consumer->calls.revoked(consumer->calls.context, partitions->elems[i].partition, lost);
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
    consumer->calls.record(consumer->calls.context, &record);
}

static void consumer_committed(struct consumer *consumer, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NO_OFFSET)
        log_say(LOG_LEVEL_WARNING, "commit", "%s", rd_kafka_err2str(code));
    bool is_member = membership_holds(&consumer->membership, consumer->rk);
    for (int i = 0; list != NULL && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        bool ok = is_member && code == RD_KAFKA_RESP_ERR_NO_ERROR && one->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (!ok && one->err != code)
            log_say(LOG_LEVEL_WARNING, "commit", "partition %d: %s", (int)one->partition,
                    rd_kafka_err2str(one->err));
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
    else if (consumer->fatal[0] == 0)
        log_say(LOG_LEVEL_WARNING, "consumer", "%s", rd_kafka_event_error_string(event));
}

/* Subscribing once more is how librdkafka gives up an assignment of its own accord. */
static void consumer_subscribe_again(struct consumer *consumer)
{
    struct err err;
    consumer->join_again = false;
    if (!consumer->closing && consumer_subscribe(consumer, &err) != 0)
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
    return consumer->join_again ? (struct mono){0} : consumer->poll_by;
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
    for (int i = 0; i < TURN_RECORDS && consumer->calls.wanted(context); i++) {
        event = lanes_take(&consumer->lanes, consumer->calls.held, context);
        if (event == NULL)
            return false;
        consumer_event(consumer, event);
    }
    return true;
}

void consumer_close(struct consumer *consumer)
{
    if (consumer->assigning !=
        NULL) { /* librdkafka waits for an answer to the assignment that is held back */
        consumer->assigning->cnt = 0;
        consumer_assign_now(consumer);
        consumer->to_start = 0;
    }
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
