#include "kafka/membership.h"

void membership_read(struct buf *out, rd_kafka_t *rk)
{
    void *data = NULL;
    size_t size = 0;
    buf_done(out);
    buf_init(out, SIZE_MAX / 2);
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(rk);
    if (group == NULL)
        return;
    rd_kafka_error_t *error = rd_kafka_consumer_group_metadata_write(group, &data, &size);
    if (error == NULL)
        buf_add(out, data, size);
    else
        rd_kafka_error_destroy(error);
    if (data != NULL)
        rd_kafka_mem_free(NULL, data);
    rd_kafka_consumer_group_metadata_destroy(group);
}

bool membership_holds(const struct buf *membership, rd_kafka_t *rk)
{
    struct buf now = {0};
    membership_read(&now, rk);
    bool holds = now.size > 0 && span_equal(buf_span(&now), buf_span(membership));
    buf_done(&now);
    return holds;
}
