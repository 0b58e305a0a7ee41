#include "kafka/publish.h"

/* allow.auto.create.topics: a topic that a slip of the pen makes has no worker. */
const struct kafka_setting publish_settings[] = {{"acks", "all"},
                                                 {"enable.idempotence", "true"},
                                                 {"linger.ms", "0"},
                                                 {"message.timeout.ms", "15000"},
                                                 {"message.max.bytes", "4000000"}, /* the broker's to say */
                                                 {"allow.auto.create.topics", "false"},
                                                 {NULL, NULL}};

rd_kafka_resp_err_t publish_start(rd_kafka_t *rk, const char *topic, int32_t partition,
                                  const struct record *record, void *report)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct header *header = &record->headers[i];
        rd_kafka_header_add(headers, header->name.data, (ssize_t)header->name.size, header->value.data,
                            (ssize_t)header->value.size);
    }
    rd_kafka_resp_err_t error =
        rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_KEY(record->key.data, record->key.size),
                          RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value.data, record->value.size),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
                          RD_KAFKA_V_OPAQUE(report), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_headers_destroy(headers); /* else they are the record's */
    return error;
}

int publish_reported(rd_kafka_resp_err_t error, rd_kafka_msg_status_t status, const char *complaint,
                     const char *again, struct err *err)
{
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return err_set(err, error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? ERR_LIMIT : ERR_UNREACHABLE,
                   "the record was not acknowledged: %s%s%s; %s%s", rd_kafka_err2str(error),
                   complaint[0] != 0 ? ", " : "", complaint,
                   status == RD_KAFKA_MSG_STATUS_NOT_PERSISTED ? "it is not in the topic"
                                                               : "it may be in the topic all the same: ",
                   status == RD_KAFKA_MSG_STATUS_NOT_PERSISTED ? "" : again);
}
