#include "cmd/scan.h"

#include "kafka/reader.h"
#include "os/clock.h"

#define SILENCE_MS 30000
#define POLL_MS    100

struct client *scan_client_new(const struct config *config, enum kafka_isolation isolation, struct err *err)
{
    const struct kafka_setting settings[] = {
        {"fetch.wait.max.ms", "5"},
        {"queued.max.messages.kbytes",
         "16384"}, /* one partition at a time, and nothing else in this process */
        {"fetch.message.max.bytes", "4194304"},
        {NULL, NULL},
    };
    return client_bystander_new(config, isolation, settings, err);
}

/* The offset of the first record that is not older than the time; `end`, the log's, where all are older. */
static int scan_offset_at(struct client *client, const char *topic, int32_t partition, int64_t time_ms,
                          int64_t end, int64_t *out, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(list, topic, partition);
    one->offset = time_ms > 0 ? time_ms : 0; /* what is negative has meanings of its own */
    rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(client->rk, list, CLIENT_TIMEOUT_MS);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        error = one->err;
    *out = one->offset < 0 || one->offset > end ? end : one->offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return client_unreachable(client, "says where a time begins", error, err);
}

int scan_cut(struct client *client, struct scan *scan, int64_t since_ms, int64_t until_ms, struct err *err)
{
    int64_t end = scan->end;
    if (since_ms != INT64_MIN &&
        scan_offset_at(client, scan->topic, scan->partition, since_ms, end, &scan->begin, err) != 0)
        return -1;
    if (until_ms == INT64_MAX)
        return 0;
    return scan_offset_at(client, scan->topic, scan->partition, until_ms, end, &scan->end, err);
}

/* librdkafka goes on by itself after all others. */
static bool scan_is_refused(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

/* What a stretch's reader is told to do. */
struct scan_pass {
    const struct scan *scan;
    scan_take *take;
    void *context;
    int64_t next;    /* behind the last one */
    int64_t gap_end; /* of the first gap behind one that was handed over; 0: there was none */
    bool came;       /* since it was looked */
    bool changed;    /* the log is not any more what was asked for */
    rd_kafka_resp_err_t refused;
};

static void pass_gap(struct scan_pass *pass, int64_t end)
{
    if (pass->gap_end == 0 && pass->next > pass->scan->begin && end > pass->next)
        pass->gap_end = end;
}

static void pass_record(void *context, const rd_kafka_message_t *message)
{
    struct scan_pass *pass = context;
    pass->came = true;
    pass->changed = pass->changed || message->offset < pass->next; /* librdkafka has begun at its beginning */
    pass_gap(pass, message->offset);
    pass->next = message->offset + 1;
    if (!pass->changed)
        pass->take(pass->context, message);
}

static void pass_finished(void *context, int32_t partition, int64_t end)
{
    struct scan_pass *pass = context;
    (void)partition;
    pass->changed = pass->changed || end < pass->scan->end;
    pass_gap(pass, end);
}

static void pass_trouble(void *context, const rd_kafka_message_t *message)
{
    struct scan_pass *pass = context;
    if (scan_is_refused(message->err))
        pass->refused = message->err;
}

static int scan_all(struct client *client, struct reader *reader, struct scan_pass *pass, struct err *err)
{
    struct mono deadline = mono_after(clock_now().mono, SILENCE_MS);
    while (!reader_is_done(reader) && !pass->changed) {
        if (!reader_turn(reader))
            reader_wait(reader, POLL_MS);
        if (reader_fatal(reader) != NULL)
            return err_set(err, ERR_UNREACHABLE, "%s", reader_fatal(reader));
        if (pass->refused != RD_KAFKA_RESP_ERR_NO_ERROR)
            return err_set(err, ERR_UNREACHABLE, "topic %.200s cannot be read: %s", pass->scan->topic,
                           rd_kafka_err2str(pass->refused));
        if (pass->came) /* and was taken, for which there is no limit */
            deadline = mono_after(clock_now().mono, SILENCE_MS);
        else if (mono_reached(deadline, clock_now().mono))
            return client_unreachable(client, "sends what is asked for", RD_KAFKA_RESP_ERR__TIMED_OUT, err);
        pass->came = false;
    }
    if (!pass->changed)
        return 0;
    return err_set(err, ERR_UNREACHABLE,
                   "topic %.200s, partition %d: while it was read it was made again, or has lost its tail; try again",
                   pass->scan->topic, (int)pass->scan->partition);
}

/* Retention, which has come past what was read: what is missing may have been there. Else it was compacted, or markers of
 * transactions stand there. */
static int scan_check_gap(struct client *client, const struct scan_pass *pass, struct err *err)
{
    const struct scan *scan = pass->scan;
    int64_t begin, end;
    if (pass->gap_end == 0)
        return 0;
    if (client_offsets(client, scan->topic, scan->partition, &begin, &end, err) != 0)
        return -1;
    if (begin < pass->gap_end)
        return 0;
    return err_set(err, ERR_UNREACHABLE, "topic %.200s, partition %d: while it was read, records were deleted; try again",
                   scan->topic, (int)scan->partition);
}

int scan_read(struct client *client, const struct scan *scan, scan_take *take, void *context, struct err *err)
{
    static const struct reader_calls calls = {.record = pass_record, .finished = pass_finished, .trouble = pass_trouble};
    struct scan_pass pass = {.scan = scan, .take = take, .context = context, .next = scan->begin};
    if (scan->begin >= scan->end)
        return 0;
    struct reader *reader = reader_with(client->rk, scan->topic, &calls, &pass, err);
    if (reader == NULL)
        return -1;
    reader_read(reader, scan->partition, scan->begin, scan->end);
    int result = scan_all(client, reader, &pass, err);
    reader_free(reader);
    return result == 0 ? scan_check_gap(client, &pass, err) : -1;
}
