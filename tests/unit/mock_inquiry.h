/* An inquiry that asks a mock cluster. */
#ifndef UNIT_MOCK_INQUIRY_H
#define UNIT_MOCK_INQUIRY_H

#include "kafka/inquiry.h"
#include "unit/mock_cluster.h"

struct mock_inquiry {
    struct mock mock;
    rd_kafka_t *asker;
    struct config config; /* topics events, of one partition, and receipts, of two */
    struct inquiry *inquiry;
};

/* Of two brokers, with so many receipts in partition 0; partition 1 has none. mock_inquiry_stop it. */
static inline void mock_inquiry_start(struct mock_inquiry *out, int receipts)
{
    struct err err;
    out->mock = mock_start(2);
    out->config = (struct config){.bootstrap_servers = (char *)(uintptr_t)out->mock.bootstrap,
                                  .group_id = (char *)(uintptr_t) "group",
                                  .events_topic = (char *)(uintptr_t) "events",
                                  .receipts_topic = (char *)(uintptr_t) "receipts"};
    rd_kafka_mock_topic_create(out->mock.cluster, "events", 1, 1);
    rd_kafka_mock_topic_create(out->mock.cluster, "receipts", 2, 1);
    mock_fill(out->mock.bootstrap, "receipts", receipts);
    out->asker = mock_client(RD_KAFKA_CONSUMER, out->mock.bootstrap);
    out->inquiry = inquiry_new(&out->config, out->asker, out->asker, &err);
    assert_non_null(out->inquiry);
}

static inline void mock_inquiry_stop(struct mock_inquiry *kafka)
{
    inquiry_free(kafka->inquiry);
    rd_kafka_destroy(kafka->asker);
    mock_stop(&kafka->mock);
}

#endif
