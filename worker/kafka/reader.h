/* Reads stretches of a topic outside any group, one of a partition: from an offset to before another, then that one is finished, or
 * on and on. Whoever reads a log without being a member of a group reads it with this: the worker its receipts, for partitions that
 * have just been assigned, on its loop; the gate and commands in a thread that may wait. */
#ifndef KAFKA_READER_H
#define KAFKA_READER_H

#include "base/moment.h"
#include "kafka/inquiry.h"

struct reader;

/* Called from reader_turn only. */
struct reader_calls {
    void (*record)(void *context, const rd_kafka_message_t *message); /* of a stretch, in order; borrowed until return */
    /* `end`: that of the stretch, or the log's where that came to end before it: it has lost its tail, or its topic was made again.
     * May be NULL. */
    void (*finished)(void *context, int32_t partition, int64_t end);
    /* Something goes wrong, and librdkafka tries again by itself; NULL: it is a line in the log. */
    void (*trouble)(void *context, const rd_kafka_message_t *message);
};

/* Of the receipts topic, with a client of its own. `inquiry` must outlive it. NULL with err. */
struct reader *reader_new(const struct config *config, struct inquiry *inquiry, const struct reader_calls *calls,
                          void *context, struct err *err);
/* Of any topic, with a client of the caller's (kafka_bystander_new), which must outlive it and has one reader at a time. NULL with
 * err. */
struct reader *reader_with(rd_kafka_t *rk, const char *topic, const struct reader_calls *calls, void *context, struct err *err);
/* Nothing is read any more; a client of its own goes with it. */
void reader_free(struct reader *reader);
/* The same by a thread of its own: librdkafka may wait for its own threads for long, or for ever. */
void reader_leave(struct reader *reader);
int reader_fd(const struct reader *reader);
/* Waits until something is there, for at most that long; not for what reader_turn has said may be there. */
void reader_wait(const struct reader *reader, int wait_ms);

/* Begins to read the partition from the one offset to before the other; INT64_MAX: on and on. */
void reader_read(struct reader *reader, int32_t partition, int64_t from, int64_t end);

/* Begins to read the partition from the earlier of `offset` and the first receipt not older than `since` (0: from the
 * beginning), as soon as the inquiry has told where that is. */
void reader_add(struct reader *reader, int32_t partition, int64_t offset, struct wall since);
void reader_looked_up(struct reader *reader, const struct inquiry_answer *answer);
/* Nothing of it is read any more. */
void reader_drop(struct reader *reader, int32_t partition);
/* True when there may be more at once. */
bool reader_turn(struct reader *reader);
/* All stretches are finished. */
bool reader_is_done(const struct reader *reader);
/* Why it cannot go on, or NULL. */
const char *reader_fatal(const struct reader *reader);

#endif
