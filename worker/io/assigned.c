#include "io/assigned.h"

#include "engine/progress.h"

static int assigned_read(rd_kafka_t *rk, const rd_kafka_topic_partition_t *one, struct assigned *told,
                         struct err *err)
{
    *told = (struct assigned){
        .partition = one->partition,
        .never_committed = one->offset < 0,
        .metadata = one->metadata_size == 0 ? SPAN_NONE : (struct span){one->metadata, one->metadata_size}};
    rd_kafka_resp_err_t code = kafka_watermarks(rk, one->topic, one->partition, &told->begin, &told->end);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_UNREACHABLE, "it does not tell where partition %d begins: %s",
                       (int)one->partition, rd_kafka_err2str(code));
    told->offset = one->offset < 0 ? told->begin : one->offset;
    return 0;
}

static void assigned_found(void *context, const struct log_check *check)
{
    (void)context;
    if (check->offset == check->asked)
        *(uint32_t *)(uintptr_t)check->handle = check->stamp;
}

static void assigned_ask(struct log_checks *checks, const struct assigned *told, int64_t offset,
                         uint32_t *stamp)
{
    if (offset >= told->begin && offset < told->end)
        log_checks_ask(checks, told->partition, offset, (uintptr_t)stamp);
}

/* One question a partition at a time: first all the last ones. */
static int assigned_check(struct log_checks *checks, struct assigned *told, int count, struct err *err)
{
    struct progress progress;
    log_checks_clear(checks); /* nobody waits for those of the assignment before */
    for (int i = 0; i < count; i++) {
        bool named = progress_read(told[i].metadata, &progress) && progress.has_last;
        assigned_ask(checks, &told[i], named ? progress.last : told[i].offset - 1, &told[i].last_stamp);
    }
    if (log_checks_wait(checks, assigned_found, NULL, err) != 0)
        return -1;
    for (int i = 0; i < count; i++)
        if (progress_read(told[i].metadata, &progress) && progress.has_seen)
            assigned_ask(checks, &told[i], progress.seen, &told[i].seen_stamp);
    return log_checks_wait(checks, assigned_found, NULL, err);
}

int assigned_look_up(rd_kafka_t *rk, struct log_checks *checks, rd_kafka_topic_partition_list_t *list,
                     struct assigned *told, struct err *err)
{
    rd_kafka_resp_err_t code = kafka_committed(rk, list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_UNREACHABLE, "it does not tell what was committed: %s",
                       rd_kafka_err2str(code));
    for (int i = 0; i < list->cnt; i++)
        if (assigned_read(rk, &list->elems[i], &told[i], err) != 0)
            return -1;
    return assigned_check(checks, told, list->cnt, err);
}
