/* Clients of librdkafka's own broker, and records in it. Behind a header that has rdkafka.h. */
#ifndef UNIT_MOCK_BROKER_H
#define UNIT_MOCK_BROKER_H

#include <librdkafka/rdkafka_mock.h>

/* `bootstrap` NULL: one that the mock cluster is made in. rd_kafka_destroy it. */
static inline rd_kafka_t *mock_client(rd_kafka_type_t type, const char *bootstrap)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (type == RD_KAFKA_PRODUCER) /* what is produced before a flush is one batch */
        assert_int_equal(rd_kafka_conf_set(conf, "linger.ms", "10000", why, sizeof(why)), RD_KAFKA_CONF_OK);
    assert_int_equal(rd_kafka_conf_set(conf, bootstrap == NULL ? "client.id" : "bootstrap.servers",
                                       bootstrap == NULL ? "mock" : bootstrap, why, sizeof(why)),
                     RD_KAFKA_CONF_OK);
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    assert_non_null(rk);
    return rk;
}

/* So many records in partition 0, as large as that: a batch of their own, if together they have less than 1 MB. */
static inline void mock_fill_with(const char *bootstrap, const char *topic, int count, size_t size)
{
    static const char value[100000];
    rd_kafka_t *producer = mock_client(RD_KAFKA_PRODUCER, bootstrap);
    for (int i = 0; i < count; i++)
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                                           RD_KAFKA_V_VALUE((void *)(uintptr_t)value, size), RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(producer, 60000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
}

static inline void mock_fill(const char *bootstrap, const char *topic, int count)
{
    mock_fill_with(bootstrap, topic, count, 7);
}

/* Makes that broker of records forget its first ones: it keeps 5 MB of a partition. */
static inline void mock_forget(const char *bootstrap, const char *topic)
{
    for (int i = 0; i < 6; i++)
        mock_fill_with(bootstrap, topic, 9, 100000);
}

#endif
