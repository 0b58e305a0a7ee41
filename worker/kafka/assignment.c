#include "kafka/assignment.h"

#include "os/log.h"

#define TOGETHER_MS 2000 /* partitions that start within that are begun together: each beginning fetches all of them anew */

void assignment_init(struct assignment *assignment, rd_kafka_t *rk, const char *topic)
{
    *assignment = (struct assignment){.rk = rk, .topic = topic, .read_by = MONO_NEVER};
}

void assignment_done(struct assignment *assignment)
{
    if (assignment->list != NULL)
        rd_kafka_topic_partition_list_destroy(assignment->list);
    assignment->list = NULL;
    positions_done(&assignment->positions);
}

/* Subscribing once more is how librdkafka gives up an assignment of its own accord. */
int assignment_ask(struct assignment *assignment, struct err *err)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, assignment->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(assignment->rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_UNREACHABLE, "cannot subscribe to %s: %s", assignment->topic, rd_kafka_err2str(code));
    return 0;
}

/* Partitions that were added to the topic in use have no receipts yet, and what lies in the others is where fewer put it. */
rd_kafka_topic_partition_list_t *assignment_served(struct assignment *assignment,
                                                   const rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_topic_partition_list_t *served = rd_kafka_topic_partition_list_new(partitions->cnt);
    for (int i = 0; i < partitions->cnt; i++)
        if (partitions->elems[i].partition < assignment->served)
            rd_kafka_topic_partition_list_add(served, assignment->topic, partitions->elems[i].partition);
    assignment->unserved = (size_t)(partitions->cnt - served->cnt);
    return served;
}

/* librdkafka has to be answered soon, whatever is not started by then: until then this worker takes part in no rebalance. */
void assignment_begin(struct assignment *assignment, rd_kafka_topic_partition_list_t *list, struct mono now)
{
    assignment->list = list;
    assignment->started = assignment->read = assignment->to_release = 0;
    assignment->told = false;
    for (int i = 0; i < list->cnt; i++)
        positions_add(&assignment->positions, list->elems[i].partition, 0, 0);
    assignment->read_by = mono_after(now, TOGETHER_MS);
}

/* What is started is read when all are, or a little later without those that are not. */
bool assignment_started(struct assignment *assignment, int32_t partition, int64_t offset, struct mono now)
{
    rd_kafka_topic_partition_t *one =
        assignment->list == NULL ? NULL
                                 : rd_kafka_topic_partition_list_find(assignment->list, assignment->topic, partition);
    if (one == NULL || one->opaque != NULL)
        return false;
    one->opaque = assignment; /* it is started */
    positions_read(&assignment->positions, partition, offset - 1);
    if (++assignment->started == (size_t)assignment->list->cnt)
        return true;
    if (assignment->read_by.ms == MONO_NEVER.ms)
        assignment->read_by = mono_after(now, TOGETHER_MS);
    return false;
}

/* All that are started, where each goes on: those that are read already begin anew there. With the eager protocol librdkafka
 * takes an assignment only as a whole. */
bool assignment_hand_on(struct assignment *assignment)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(assignment->list->cnt);
    for (int i = 0; i < assignment->list->cnt; i++) {
        int32_t partition = assignment->list->elems[i].partition;
        if (assignment->list->elems[i].opaque != NULL)
            rd_kafka_topic_partition_list_add(list, assignment->topic, partition)->offset =
                positions_place(&assignment->positions, partition);
    }
    rd_kafka_assign(assignment->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    assignment->told = true;
    assignment->read = assignment->started;
    assignment->read_by = MONO_NEVER;
    bool all = assignment->read == (size_t)assignment->list->cnt;
    if (all)
        log_say(LOG_LEVEL_INFO, "started", "records are read");
    else if (assignment->read > 0)
        log_say(LOG_LEVEL_INFO, "starting", "%zu of %d partitions are read", assignment->read, assignment->list->cnt);
    return all || assignment->read > 0;
}

void assignment_pause(const struct assignment *assignment, int32_t partition, bool paused)
{
    rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(one, assignment->topic, partition);
    rd_kafka_resp_err_t code =
        paused ? rd_kafka_pause_partitions(assignment->rk, one) : rd_kafka_resume_partitions(assignment->rk, one);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        log_say(LOG_LEVEL_ERROR, paused ? "pause" : "resume", "partition %d: %s", (int)partition, rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(one);
}

void assignment_forget(struct assignment *assignment)
{
    if (assignment->list != NULL)
        rd_kafka_topic_partition_list_destroy(assignment->list);
    assignment->list = NULL;
    assignment->read_by = MONO_NEVER;
}

void assignment_revoked(struct assignment *assignment, size_t count)
{
    assignment->unserved = 0;
    assignment->to_release = count;
    if (count == 0)
        rd_kafka_assign(assignment->rk, NULL);
}

void assignment_released(struct assignment *assignment)
{
    if (assignment->to_release > 0 && --assignment->to_release == 0)
        rd_kafka_assign(assignment->rk, NULL);
}

bool assignment_refuse(struct assignment *assignment)
{
    if (assignment->list == NULL || assignment->told)
        return false;
    while (assignment->list->cnt > 0)
        rd_kafka_topic_partition_list_del_by_idx(assignment->list, assignment->list->cnt - 1);
    assignment_hand_on(assignment);
    return true;
}
