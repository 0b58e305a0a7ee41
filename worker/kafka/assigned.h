/* Partitions that have just been assigned, on their way to the engine: first what the broker knows of each is looked up, then which
 * records are at the offsets that its commit names. Each proceeds by itself: one whose leader is away holds up no other. */
#ifndef KAFKA_ASSIGNED_H
#define KAFKA_ASSIGNED_H

#include "kafka/inquiry.h"
#include "kafka/log_checks.h"

struct assigned {
    int32_t partition;
    int64_t offset;       /* what is committed */
    int64_t begin, end;   /* of the log now */
    bool never_committed; /* the group has no offset for it: `offset` is the log's beginning */
    /* The stamps of the records that the metadata name as below (progress/progress.h: last, seen), or, where they name none, of
     * that below `offset`; 0: there is none. */
    uint32_t last_stamp, seen_stamp;
    struct span metadata; /* of the commit, until return; SPAN_NONE: none */
};

typedef void assigned_told(void *context, const struct assigned *assigned);

/* All zero is none. */
struct arrivals {
    struct arrival *list;
    size_t count;
};

/* Forgets all of them: nothing more is asked, and nothing handed over. */
void arrivals_clear(struct arrivals *arrivals, struct inquiry *inquiry);
void arrivals_done(struct arrivals *arrivals);
void arrivals_begin(struct arrivals *arrivals, struct inquiry *inquiry, const rd_kafka_topic_partition_list_t *partitions);
/* An answer to INQUIRY_EVENTS. Once nothing is missing the partition is handed over. */
void arrivals_looked_up(struct arrivals *arrivals, struct log_checks *checks, const struct inquiry_answer *answer,
                        assigned_told *told, void *context);
/* False where the check is not of one of these. What a replica calls the log's end may be what it knows to be replicated, behind
 * which there is more: where it is before what the leader said, all is looked up anew. */
bool arrivals_checked(struct arrivals *arrivals, struct inquiry *inquiry, struct log_checks *checks, const struct log_check *check,
                      assigned_told *told, void *context);
/* Whether it is one of these, and what it waits for. */
bool arrivals_wait(const struct arrivals *arrivals, struct inquiry *inquiry, int32_t partition, char *why, size_t size);

#endif
