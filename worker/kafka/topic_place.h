/* A topic's layout in the cluster, by its metadata: whoever wants to know how many partitions it has asks this. */
#ifndef KAFKA_TOPIC_PLACE_H
#define KAFKA_TOPIC_PLACE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct topic_place {
    rd_kafka_resp_err_t error; /* the topic's own, such as that it does not exist: then it has no partitions */
    int32_t partition_count;
    int replicas;    /* of the partition that has the fewest */
    int brokers;     /* of the cluster */
    bool has_leader; /* some partition has one */
};

/* Asks once, and waits at most that long; the topic is not created. What the broker did not answer, and *out is empty then; or
 * RD_KAFKA_RESP_ERR__INVALID_ARG for what cannot be a topic's name. */
rd_kafka_resp_err_t topic_place_ask(rd_kafka_t *rk, const char *topic, int wait_ms, struct topic_place *out);

#endif
