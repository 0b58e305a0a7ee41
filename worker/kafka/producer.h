/* Receipts and dead letters to Kafka: an idempotent producer whose acknowledgements arrive as events. */
#ifndef KAFKA_PRODUCER_H
#define KAFKA_PRODUCER_H

#include "engine/engine.h"
#include "kafka/outages.h"

struct producer;

/* `offset`: where it was written, -1 when it was not, or that is not known; `stamp_ms`: when, by the broker's clock, 0 where
 * its topic has its producers' stamps. */
typedef void producer_done(void *context, engine_handle handle, enum produced produced, int64_t offset,
                           int64_t stamp_ms);

/* `done` is called from producer_turn only; `outages` must outlive it. NULL with err. */
struct producer *producer_new(const struct config *config, struct outages *outages, producer_done *done, void *context,
                              struct err *err);
/* Makes librdkafka find the leaders of its topics, so that the first record need not wait for that. Once, and only when the topics
 * exist: asking for one may create it. */
void producer_ask_topics(struct producer *producer, const struct config *config);
/* Waits at most that long for what is not acknowledged yet. */
void producer_flush(struct producer *producer, int ms);
/* Gives up what is not acknowledged. */
void producer_free(struct producer *producer);

int producer_fd(const struct producer *producer);
/* Hands the record over; it is copied. False if there is no room: then `done` is not called for it. */
bool producer_send(struct producer *producer, const struct effect *effect, enum produced *refused);
/* Reports what was acknowledged since. */
void producer_turn(struct producer *producer);
/* Why the producer cannot go on, or NULL. */
const char *producer_fatal(const struct producer *producer);

#endif
