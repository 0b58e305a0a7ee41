/* What Kafka says of how the three topics are set up, and how that is judged: what cannot keep the promise is refused, with the
 * command that fixes it; what is only unwise is told. */
#ifndef KAFKA_TOPIC_SETTINGS_H
#define KAFKA_TOPIC_SETTINGS_H

#include "base/buf.h"
#include "kafka/kafka.h"
#include "kafka/topic_place.h"
#include "os/finding.h"

enum deviation_kind {
#define DEVIATION(name, word, text) DEVIATION_##name,
#include "config/topic_deviation.def"
#undef DEVIATION
    DEVIATION_KINDS
};

const char *deviation_kind_word(enum deviation_kind kind);

enum topic { TOPIC_EVENTS, TOPIC_RECEIPTS, TOPIC_DEAD, TOPICS };

const char *topic_name(const struct config *config, enum topic topic);

/* That command: "kafka-topics.sh … --create --topic …", with all that the guarantee needs. */
void topic_create_command(const struct config *config, enum topic topic, int32_t partitions, int brokers, struct buf *out);

/* 0 with the deviations that there are and [topics] accept allows, a bit each; -1 with ERR_USAGE (fix it) or ERR_UNREACHABLE.
 * With a sink all that is found goes there, and it is 0; a topic without partitions is left out. Waits for the broker. */
int topic_settings_check(rd_kafka_t *rk, const struct config *config, const struct topic_place places[TOPICS],
                         const struct finding_sink *sink, unsigned *deviations, struct err *err);

#endif
