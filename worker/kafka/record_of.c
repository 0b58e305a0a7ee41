#include "kafka/record_of.h"

void record_of(const rd_kafka_message_t *message, struct header headers[RECORD_HEADERS], struct record *out)
{
    record_of_with(message, headers, RECORD_HEADERS, out);
}

void record_of_with(const rd_kafka_message_t *message, struct header *headers, size_t room,
                    struct record *out)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_headers_t *list = NULL;
    *out = (struct record){.partition = message->partition,
                           .offset = message->offset,
                           .timestamp_ms = rd_kafka_message_timestamp(message, &type),
                           .key = {message->key, message->key_len},
                           .value = {message->payload, message->len},
                           .headers = headers};
    if (rd_kafka_message_headers(message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    const char *name;
    const void *value;
    size_t size;
    while (out->header_count < room && rd_kafka_header_get_all(list, out->header_count, &name, &value,
                                                               &size) == RD_KAFKA_RESP_ERR_NO_ERROR)
        headers[out->header_count++] = (struct header){span_of(name), {value, size}};
}
