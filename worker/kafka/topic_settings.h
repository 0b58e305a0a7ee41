/* How the three topics are configured, as Kafka says, and the judgement of that: what would break the guarantee is refused, with
 * the command that fixes it; what is only unwise is logged. */
#ifndef KAFKA_TOPIC_SETTINGS_H
#define KAFKA_TOPIC_SETTINGS_H

#include "base/buf.h"
#include "kafka/kafka.h"
#include "kafka/topic_place.h"
#include "os/finding.h"

enum topic_deviation {
#define DEVIATION(name, word, text) DEVIATION_##name,
#include "config/topic_deviation.def"
#undef DEVIATION
    DEVIATION_KINDS
};

const char *topic_deviation_word(enum topic_deviation kind);

enum topic { TOPIC_EVENTS, TOPIC_RECEIPTS, TOPIC_DEAD, TOPICS };

const char *topic_name(const struct config *config, enum topic topic);

/* That command: "kafka-topics.sh … --create --topic …", with all that the guarantee needs. */
void topic_create_command(const struct config *config, enum topic topic, int32_t partitions, int brokers, struct buf *out);

/* 0, with a bit for each deviation that [topics] accept allows; -1 with ERR_USAGE (fix it) or ERR_UNREACHABLE. With a sink all
 * findings go there, and the result is 0; a topic without partitions is skipped. Waits for the broker. */
int topic_settings_check(rd_kafka_t *rk, const struct config *config, const struct topic_place places[TOPICS],
                         const struct finding_sink *sink, unsigned *deviations, struct err *err);

#endif
