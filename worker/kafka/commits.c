#include "kafka/commits.h"

#include "base/mem.h"
#include "kafka/membership.h"
#include "kafka/rights.h"
#include "os/log.h"

void commits_init(struct commits *commits, rd_kafka_t *rk, rd_kafka_queue_t *queue)
{
    *commits = (struct commits){.rk = rk, .queue = queue, .list = rd_kafka_topic_partition_list_new(16)};
}

void commits_done(struct commits *commits)
{
    rd_kafka_topic_partition_list_destroy(commits->list);
    buf_done(&commits->membership);
    *commits = (struct commits){0};
}

void commits_assigned(struct commits *commits)
{
    membership_read(&commits->membership, commits->rk);
}

void commits_add(struct commits *commits, const char *topic, int32_t partition, int64_t offset, struct span metadata,
                 uint64_t handle)
{
    rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(commits->list, topic, partition);
    one->offset = offset;
    one->opaque = (void *)(uintptr_t)handle; /* it comes back in the answer */
    one->metadata = mem_copy(metadata);      /* the list frees it */
    one->metadata_size = metadata.size;
}

void commits_flush(struct commits *commits, commits_answered *answered, void *context)
{
    if (commits->list->cnt == 0)
        return;
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(commits->rk, commits->list, commits->queue, NULL, NULL);
    rd_kafka_topic_partition_list_t *refused = code == RD_KAFKA_RESP_ERR_NO_ERROR ? NULL : commits->list;
    if (refused == NULL)
        rd_kafka_topic_partition_list_destroy(commits->list);
    commits->list = rd_kafka_topic_partition_list_new(16);
    for (int i = 0; refused != NULL && i < refused->cnt; i++)
        answered(context, refused->elems[i].partition, (uint64_t)(uintptr_t)refused->elems[i].opaque, false);
    if (refused != NULL)
        rd_kafka_topic_partition_list_destroy(refused);
}

/* Each is sent again, some times a second: a reason is told once, until it is another or they are accepted. */
static void commits_tell_refusal(struct commits *commits, rd_kafka_resp_err_t code)
{
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET || code == commits->told)
        return;
    commits->told = code;
    log_say(LOG_LEVEL_WARNING, "commit", "%s%s", rd_kafka_err2str(code), rights_advice(code));
}

void commits_take(struct commits *commits, rd_kafka_event_t *event, commits_answered *answered, void *context)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    commits_tell_refusal(commits, code);
    bool is_member = membership_holds(&commits->membership, commits->rk);
    for (int i = 0; list != NULL && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        bool ok = is_member && code == RD_KAFKA_RESP_ERR_NO_ERROR && one->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        commits_tell_refusal(commits, one->err);
        if (ok && commits->told != RD_KAFKA_RESP_ERR_NO_ERROR) {
            log_say(LOG_LEVEL_INFO, "commit", "accepted again");
            commits->told = RD_KAFKA_RESP_ERR_NO_ERROR;
        }
        answered(context, one->partition, (uint64_t)(uintptr_t)one->opaque, ok);
    }
}
