/* Reads a stretch of the receipts topic, for partitions that have just been assigned: outside any group, to the end as
 * it is when the reading begins, then it is done. */
#ifndef KAFKA_READER_H
#define KAFKA_READER_H

#include "base/moment.h"
#include "event/record.h"
#include "kafka/inquiry.h"

struct reader;

/* Called from reader_turn only. */
struct reader_calls {
    void (*receipt)(void *context, const struct record *record); /* borrowed until return */
    void (*finished)(void *context, int32_t partition, int64_t end);
};

/* `inquiry` must outlive it. */
struct reader *reader_new(const struct config *config, struct inquiry *inquiry, const struct reader_calls *calls,
                          void *context, struct err *err);
void reader_free(struct reader *reader);
/* The same by a thread of its own: librdkafka may wait for its own threads for long, or for ever. */
void reader_leave(struct reader *reader);
int reader_fd(const struct reader *reader);

/* Begins to read the partition from the earlier of `offset` and the first receipt not older than `since` (0: from the
 * beginning), as soon as the inquiry has told where that is. */
void reader_add(struct reader *reader, int32_t partition, int64_t offset, struct wall since);
void reader_looked_up(struct reader *reader, const struct inquiry_answer *answer);
/* Nothing of it is read any more. */
void reader_drop(struct reader *reader, int32_t partition);
/* True when there may be more at once. */
bool reader_turn(struct reader *reader);
/* All partitions that were added are finished. */
bool reader_is_done(const struct reader *reader);
/* Why it cannot go on, or NULL. */
const char *reader_fatal(const struct reader *reader);

#endif
