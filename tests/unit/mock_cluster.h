/* A cluster of librdkafka's own brokers, in a client of its own. Behind a header that has rdkafka.h. */
#ifndef UNIT_MOCK_CLUSTER_H
#define UNIT_MOCK_CLUSTER_H

#include "unit/mock_broker.h"

struct mock {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster;
    const char *bootstrap; /* the cluster's */
};

/* mock_stop it, behind all clients of the cluster. */
static inline struct mock mock_start(int brokers)
{
    struct mock mock = {.rk = mock_client(RD_KAFKA_PRODUCER, NULL)};
    mock.cluster = rd_kafka_mock_cluster_new(mock.rk, brokers);
    assert_non_null(mock.cluster);
    mock.bootstrap = rd_kafka_mock_cluster_bootstraps(mock.cluster);
    return mock;
}

static inline void mock_stop(struct mock *mock)
{
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->rk);
}

#endif
