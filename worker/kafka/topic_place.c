#include "kafka/topic_place.h"

#include <limits.h>

static void topic_place_of(const struct rd_kafka_metadata_topic *found, struct topic_place *out)
{
    out->error = found->err;
    if (out->error == RD_KAFKA_RESP_ERR_NO_ERROR)
        out->partition_count = found->partition_cnt;
    for (int i = 0; i < out->partition_count; i++) {
        if (found->partitions[i].replica_cnt < out->replicas)
            out->replicas = found->partitions[i].replica_cnt;
        out->has_leader |= found->partitions[i].leader >= 0;
    }
}

rd_kafka_resp_err_t topic_place_ask(rd_kafka_t *rk, const char *topic, int wait_ms, struct topic_place *out)
{
    const struct rd_kafka_metadata *metadata = NULL;
    *out = (struct topic_place){0};
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    if (handle == NULL)
        return RD_KAFKA_RESP_ERR__INVALID_ARG;
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, handle, &metadata, wait_ms);
    rd_kafka_topic_destroy(handle);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return code;
    *out = (struct topic_place){
        .error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, .replicas = INT_MAX, .brokers = metadata->broker_cnt};
    if (metadata->topic_cnt == 1)
        topic_place_of(&metadata->topics[0], out);
    rd_kafka_metadata_destroy(metadata);
    return code;
}
