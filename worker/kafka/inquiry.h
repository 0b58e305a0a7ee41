/* Questions to brokers for which librdkafka only has blocking calls, asked in a thread: a broker that died looks alive for some
 * seconds, and the loop must not wait for it. Each call has a deadline; a partition that has no leader, or whose leader does not
 * answer or refuses, is asked about again until the answer is there, and holds up no other. */
#ifndef KAFKA_INQUIRY_H
#define KAFKA_INQUIRY_H

#include "base/moment.h"
#include "kafka/kafka.h"

struct inquiry;

enum inquiry_kind {
    INQUIRY_EVENTS,   /* what the group has committed of the partition, and where its log begins and ends */
    INQUIRY_RECEIPTS, /* where its log begins and ends, and where a time is in it */
    INQUIRY_ENDS,     /* where the log of the partition of events ends: asked when nothing else is, and only once */
    INQUIRY_KINDS
};

struct inquiry_answer {
    enum inquiry_kind kind;
    int32_t partition;
    int64_t begin, end; /* ENDS: the end only */
    int64_t committed; /* EVENTS; negative: nothing */
    char *metadata;    /* of the commit; NULL: none */
    size_t metadata_size;
    int64_t since; /* RECEIPTS: the first offset not older than the time asked for; `begin` if there is none */
};

/* Its answers are borrowed until it returns. */
typedef void inquiry_found(void *context, const struct inquiry_answer *answer);

/* Asks for events through a client that bears the group's id, for receipts through the other; both must outlive it. NULL with
 * err. */
struct inquiry *inquiry_new(const struct config *config, rd_kafka_t *events, rd_kafka_t *receipts, struct err *err);
/* Nothing may be asked any more. */
void inquiry_free(struct inquiry *inquiry);
int inquiry_fd(const struct inquiry *inquiry);

/* `since`: of RECEIPTS; 0: their beginning. Forgets what was asked about that partition before. */
void inquiry_ask(struct inquiry *inquiry, enum inquiry_kind kind, int32_t partition, struct wall since);
/* There will be no answer. `partition` -1: to none of that kind. */
void inquiry_forget(struct inquiry *inquiry, enum inquiry_kind kind, int32_t partition);
/* Hands over what has come. */
void inquiry_turn(struct inquiry *inquiry, inquiry_found *found, void *context);
/* Whether that has been asked in vain so far, and why. */
bool inquiry_trouble(struct inquiry *inquiry, enum inquiry_kind kind, int32_t partition, char *why, size_t size);

#endif
