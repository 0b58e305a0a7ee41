/* What the broker knows of partitions that have just been assigned. */
#ifndef IO_ASSIGNED_H
#define IO_ASSIGNED_H

#include "io/log_checks.h"

struct assigned {
    int32_t partition;
    int64_t offset;       /* what is committed */
    int64_t begin, end;   /* of the log now */
    bool never_committed; /* the group has no offset for it: `offset` is the log's beginning */
    /* The stamps of the records that the metadata name as below (engine/progress.h: last, seen), or, where they name none, of
     * that below `offset`; 0: there is none. */
    uint32_t last_stamp, seen_stamp;
    struct span metadata; /* of the commit, as long as the list; SPAN_NONE: none */
};

/* Asks what is committed of each, how far its log goes, and which records stand there that the commit names. `told` has as many
 * as the list. Waits for the broker; -1 with err. */
int assigned_look_up(rd_kafka_t *rk, struct log_checks *checks, rd_kafka_topic_partition_list_t *list,
                     struct assigned *told, struct err *err);

#endif
