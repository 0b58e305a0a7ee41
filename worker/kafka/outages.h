/* Outages of writing: receipts or dead letters that Kafka does not accept. One line when an outage begins, with what to do, and one
 * with a count when it is over, however often they are retried in between. Of the loop's thread. */
#ifndef KAFKA_OUTAGES_H
#define KAFKA_OUTAGES_H

#include "base/moment.h"
#include "kafka/topic_settings.h"

/* Of one topic. */
struct outage {
    enum topic topic;
    uint64_t failures; /* since the start */
    bool stands;
    unsigned told;           /* a bit for each reason */
    uint64_t before;         /* failures, when it began */
    struct mono since, last; /* the first failure of it, and the last one */
    bool taken;              /* a record was, after that */
};

#define OUTAGE_TOPICS 2 /* receipts, dead letters */

struct outages {
    const struct config *config;
    int32_t partition_count; /* of each topic, as the checks at the start found it */
    int brokers;
    struct outage list[OUTAGE_TOPICS];
};

void outages_init(struct outages *outages, const struct config *config);
/* A record to `topic` (one of outages') was refused; it will be retried. */
void outages_failed(struct outages *outages, const char *topic, rd_kafka_resp_err_t code, struct mono now);
/* One was acknowledged. */
void outages_taken(struct outages *outages, const char *topic);
/* Logs what is over. */
void outages_turn(struct outages *outages, struct mono now);
/* When that must be called at the latest. */
struct mono outages_deadline(const struct outages *outages);

#endif
