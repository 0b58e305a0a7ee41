#include "cmd/tail/stream.h"

#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "cmd/escape.h"
#include "cmd/failure.h"
#include "cmd/output.h"
#include "cmd/scan.h"
#include "cmd/topics.h"
#include "kafka/reader.h"
#include "kafka/record_of.h"
#include "kafka/topic_place.h"
#include "os/clock.h"

#define POLL_MS 100
#define ASK_MS  1000 /* how often, and for how long at most, a broker is asked whether the outage is over */

/* ---- what is not a receipt ---- */

/* Of all that come like it the first is told at once: a topic may hold nothing else. */
static void tell_foreign(struct stream *stream, const struct record *record)
{
    if (stream->foreign++ == 0)
        failure_note(TAIL,
                     "%.200s/%d/%lld has no good code: the workers have another mark secret than this configuration, or somebody "
                     "else writes to the topic. What comes like it is only counted",
                     stream->config->receipts_topic, (int)record->partition, (long long)record->offset);
}

static void tell_other_version(struct stream *stream, const struct record *record)
{
    if (stream->other_version++ == 0)
        failure_note(TAIL,
                     "%.200s/%d/%lld is a receipt of another version of cupbearer: it is not told, nor what comes like it; use the "
                     "newer one",
                     stream->config->receipts_topic, (int)record->partition, (long long)record->offset);
}

/* ---- what is read ---- */

static void stream_record(void *context, const rd_kafka_message_t *message)
{
    struct stream *stream = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    struct receipt receipt;
    json_t *root;
    if (stream->is_enough)
        return;
    record_of(message, headers, &record);
    stream->ledger.partition = record.partition;
    switch (ledger_read(&stream->ledger, &record, &receipt, &root)) {
    case LEDGER_RECEIPT:
        stream->is_enough = !stream->take(stream->context, &receipt, root, record.key);
        break;
    case LEDGER_FOREIGN:
        tell_foreign(stream, &record);
        break;
    case LEDGER_OTHER_VERSION:
        tell_other_version(stream, &record);
        break;
    case LEDGER_OTHER: /* of other workers, whose events' topic is another */
        break;
    }
    json_decref(root);
}

/* Of all others librdkafka tells again, or goes on by itself. */
static void stream_trouble(void *context, const rd_kafka_message_t *message)
{
    struct stream *stream = context;
    if (message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        stream->refused = message->err;
    if (message->err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && message->err != RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC &&
        message->err != RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        return;
    if (!stream->is_gone)
        failure_note(TAIL, "there is no topic %.200s any more, or this partition of it; make it, and it goes on",
                     stream->config->receipts_topic);
    stream->is_gone = true;
}

/* ---- outages ---- */

static void stream_ask(struct stream *stream)
{
    struct topic_place place;
    if (!mono_reached(stream->next_ask, clock_now().mono))
        return;
    if (topic_place_ask(stream->client->rk, stream->config->receipts_topic, ASK_MS, &place) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        failure_note(TAIL, "Kafka answers again");
        stream->client->is_down = stream->is_told = false;
    }
    stream->next_ask = mono_after(clock_now().mono, ASK_MS);
}

static void stream_outage(struct stream *stream)
{
    const struct client *client = stream->client;
    if (client->is_down && stream->is_told) {
        stream_ask(stream);
    } else if (client->is_down) {
        failure_note(TAIL, "no broker at %.*s answers: %s; it goes on by itself when one does",
                     kafka_servers_shown(client->bootstrap_servers), client->bootstrap_servers, client->complaint);
        stream->is_told = true;
        stream->next_ask = mono_after(clock_now().mono, ASK_MS);
    }
}

/* ---- start ---- */

static int stream_begin(struct stream *stream, int32_t partition, int64_t since_ms, struct err *err)
{
    struct scan scan = {.topic = stream->config->receipts_topic, .partition = partition};
    if (client_offsets(stream->client, scan.topic, partition, &scan.begin, &scan.end, err) != 0)
        return -1;
    if (since_ms == INT64_MAX)
        scan.begin = scan.end;
    else if (scan_cut(stream->client, &scan, since_ms, INT64_MAX, err) != 0)
        return -1;
    reader_read(stream->reader, partition, scan.begin, INT64_MAX);
    return 0;
}

int stream_open(struct stream *stream, int64_t since_ms, struct err *err)
{
    static const struct kafka_setting settings[] = {{"fetch.wait.max.ms", "100"}, {NULL, NULL}};
    static const struct reader_calls calls = {.record = stream_record, .trouble = stream_trouble};
    const char *topic = stream->config->receipts_topic;
    if (topics_ledger(stream->config, &stream->ledger, err) != 0)
        return -1;
    stream->client = client_bystander_new(stream->config, KAFKA_READ_ALL, settings, err);
    if (stream->client == NULL || client_partition_count(stream->client, topic, &stream->partition_count, err) != 0)
        return -1;
    stream->reader = reader_with(stream->client->rk, topic, &calls, stream, err);
    if (stream->reader == NULL)
        return -1;
    for (int32_t i = 0; i < stream->partition_count; i++)
        if (stream_begin(stream, i, since_ms, err) != 0)
            return -1;
    return 0;
}

void stream_done(struct stream *stream)
{
    reader_free(stream->reader);
    client_free(stream->client);
    topics_ledger_done(&stream->ledger);
}

/* ---- on and on ---- */

static volatile sig_atomic_t is_ending;

static void end_soon(int number)
{
    (void)number;
    is_ending = 1;
}

/* A second one ends at once, whatever is waited for. */
static void signals_take(void)
{
    struct sigaction action = {.sa_handler = end_soon, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int stream_follow(struct stream *stream, struct err *err)
{
    signals_take();
    while (!is_ending && !stream->is_enough) {
        if (!reader_turn(stream->reader))
            reader_wait(stream->reader, POLL_MS);
        if (fflush(stdout) != 0 || output_is_closed())
            return 0; /* cmd/program says how that ends */
        if (reader_fatal(stream->reader) != NULL)
            return err_set(err, ERR_UNREACHABLE, "%s", reader_fatal(stream->reader));
        if (stream->refused != RD_KAFKA_RESP_ERR_NO_ERROR)
            return err_set(err, ERR_UNREACHABLE, "topic %.200s cannot be read: %s", stream->config->receipts_topic,
                           rd_kafka_err2str(stream->refused));
        stream_outage(stream);
    }
    return 0;
}
