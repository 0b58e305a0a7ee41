#include "kafka/publish.h"

rd_kafka_conf_t *publish_conf_new(const struct config *config, struct err *err)
{
    static const struct kafka_setting none[] = {{NULL, NULL}};
    static const struct kafka_setting settings[] = {
        {"linger.ms", "0"},
        {"message.timeout.ms", "15000"},
        {"allow.auto.create.topics", "false"}, /* a mistyped topic would be created, and no worker would read it */
        {NULL, NULL}};
    return kafka_producer_conf_new(config, none, settings, err);
}

rd_kafka_resp_err_t publish_start(rd_kafka_t *rk, const char *topic, int32_t partition,
                                  const struct record *record, void *opaque)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct header *header = &record->headers[i];
        rd_kafka_header_add(headers, header->name.data, (ssize_t)header->name.size, header->value.data,
                            (ssize_t)header->value.size);
    }
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)record->key.data, record->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)record->value.data, record->value.size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms < 0 ? 0 : record->timestamp_ms}, /* 0: now */
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = opaque},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(rk, parts, sizeof(parts) / sizeof(parts[0]));
    if (error == NULL)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(headers); /* else they are the record's */
    return code;
}

struct publish_report publish_report_of(const rd_kafka_message_t *message)
{
    return (struct publish_report){true, message->err, rd_kafka_message_status(message), message->offset};
}

int publish_reported(const struct publish_report *report, const char *complaint, const char *again, struct err *err)
{
    bool lost = report->status == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    if (report->error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return err_set(err, report->error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? ERR_LIMIT : ERR_UNREACHABLE,
                   "the record was not acknowledged: %s%s%s; %s%s", rd_kafka_err2str(report->error),
                   complaint[0] != 0 ? ", " : "", complaint,
                   lost ? "it is not in the topic" : "it may be in the topic all the same: ", lost ? "" : again);
}
