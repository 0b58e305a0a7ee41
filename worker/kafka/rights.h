/* The rights that a worker's user needs in Kafka, and which it has, asked without doing anything. */
#ifndef KAFKA_RIGHTS_H
#define KAFKA_RIGHTS_H

#include "kafka/topic_settings.h"

/* Bits. */
#define RIGHT_READ             1u
#define RIGHT_WRITE            2u
#define RIGHT_DESCRIBE_CONFIGS 4u

struct rights {
    bool topic_known[TOPICS], group_known;
    unsigned topic[TOPICS], group;
};

/* What a worker does with a topic; who reads dead letters are people and their commands. */
unsigned rights_wanted(enum topic topic);
/* Appends "Read, Write, DescribeConfigs", as kafka-acls.sh calls them. */
void rights_words(unsigned rights, struct buf *out);
/* Appends the command that gives them; `kind`: --topic or --group. */
void rights_command(const struct config *config, const char *kind, const char *name, unsigned rights, struct buf *out);

/* Behind what librdkafka says of a read that was refused: which right is missing; "" for other errors. */
const char *rights_advice(rd_kafka_resp_err_t code);

/* Asks the brokers about the three topics and the group, and waits. False where this librdkafka cannot ask (before 2.3), or nobody
 * answers; else what a broker did not tell is not known. Topics that do not exist, or may not be described, are not known. */
bool rights_ask(rd_kafka_t *rk, const struct config *config, struct rights *rights);

#endif
