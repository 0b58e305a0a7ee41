/* The events topic: a member of the consumer group, whose records, assignments and commits arrive as events. Offsets are
 * committed only when the engine says so. */
#ifndef KAFKA_CONSUMER_H
#define KAFKA_CONSUMER_H

#include "base/moment.h"
#include "event/record.h"
#include "kafka/assigned.h"

struct consumer;

enum rebalance { REBALANCE_ASSIGNED, REBALANCE_REVOKED, REBALANCE_LOST, REBALANCES };
const char *rebalance_word(enum rebalance rebalance);

/* Called from consumer_turn and what hands over answers only. */
struct consumer_calls {
    /* Its records come some time after consumer_started was called for it. */
    void (*assigned)(void *context, const struct assigned *assigned);
    void (*revoked)(void *context, int32_t partition, bool lost);
    void (*rebalanced)(void *context, enum rebalance rebalance, int count); /* before what comes of it; `count` partitions */
    void (*record)(void *context, const struct record *record); /* borrowed until return */
    bool (*wanted)(void *context);                              /* False: no record is taken now */
    size_t (*held)(void *context, int32_t partition);           /* bytes of those taken that still wait: the least first */
    void (*committed)(void *context, int32_t partition, uint64_t handle, bool ok);
    void (*gone)(void *context); /* there is no such topic any more */
    void (*unserved)(void *context, int32_t served, size_t count); /* an assignment has so many that are not served */
    void *context;
};

/* Not subscribed yet; `instance_id`: group.instance.id, or NULL; `checks` must outlive it. NULL with err. */
struct consumer *consumer_new(const struct config *config, const char *instance_id,
                              const struct consumer_calls *calls, struct log_checks *checks,
                              struct err *err);
/* Leaves whatever still goes on as it is. */
void consumer_free(struct consumer *consumer);

/* Of what the group gives it, the partitions below `served` are taken. `inquiry` must outlive it. */
int consumer_subscribe(struct consumer *consumer, struct inquiry *inquiry, int32_t served, struct err *err);
rd_kafka_t *consumer_handle(const struct consumer *consumer); /* for the checks at start */
int consumer_fd(const struct consumer *consumer);

/* Takes up to some hundred events; true when there may be more. */
bool consumer_turn(struct consumer *consumer, struct mono now);
/* When that must be called at the latest, also when nothing comes: librdkafka leaves the group when nobody has asked it for
 * events for max.poll.interval.ms. */
struct mono consumer_deadline(const struct consumer *consumer);

enum consumer_state {
    CONSUMER_WAITING,  /* for the group to say what is ours, since the start */
    CONSUMER_REVOKED,  /* likewise, since it took back what was */
    CONSUMER_LOST,     /* likewise, since it gave that to others, or may have done so */
    CONSUMER_GONE,     /* its topic is: nothing is assigned until it is made again */
    CONSUMER_STARTING, /* not every partition is started yet */
    CONSUMER_READING,
};
enum consumer_state consumer_state(const struct consumer *consumer);
size_t consumer_partition_count(const struct consumer *consumer); /* assigned and served */
size_t consumer_unserved(const struct consumer *consumer);        /* assigned and not */
/* The assigned partition behind `partition` (-1: the first), -1 behind the last; *lag is how many records its log had
 * by what is known of it that were not handed in. Asks no broker. */
int32_t consumer_next_partition(const struct consumer *consumer, int32_t partition, int64_t *lag);

/* Asks how long the logs are by now of which not all is read: what is paused is not fetched, and tells nothing. */
void consumer_ask_ends(struct consumer *consumer, bool paused);

/* What was found out about a partition that was assigned. The second: false where the check is not for it. */
void consumer_looked_up(struct consumer *consumer, const struct inquiry_answer *answer);
bool consumer_log_checked(struct consumer *consumer, const struct log_check *check);
/* Whether a partition that is assigned was not handed on yet, and why. */
bool consumer_waits(const struct consumer *consumer, int32_t partition, char *why, size_t size);

/* It is to be read from there. */
void consumer_started(struct consumer *consumer, int32_t partition, int64_t offset);
/* Gives up all that is assigned, and asks the group for it anew. */
void consumer_join_again(struct consumer *consumer);
void consumer_commit(struct consumer *consumer, uint64_t handle, int32_t partition, int64_t offset,
                     struct span metadata);
/* Sends what consumer_commit has collected, as one request. */
void consumer_flush(struct consumer *consumer);
void consumer_pause(struct consumer *consumer, int32_t partition, bool paused);
/* A revoked partition is free to be given up; the last one of a revocation lets the group go on. */
void consumer_released(struct consumer *consumer, int32_t partition);

/* Begins to leave the group; consumer_turn goes on until consumer_is_closed. */
void consumer_close(struct consumer *consumer);
bool consumer_is_closed(const struct consumer *consumer);
/* Why the consumer cannot go on, or NULL. */
const char *consumer_fatal(const struct consumer *consumer);

#endif
