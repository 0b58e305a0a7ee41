#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#include "base/json.h"
#include "bench/bench.h"
#include "bench/load.h"
#include "progress/progress.h"
#include "event/partitioner.h"
#include "receipt/receipt.h"

#define PARTITIONS_MAX     100
#define SILENCE_MS         30000
#define UNACKNOWLEDGED_MAX 20000

/* What a worker before this one would have left behind: records that are all settled, their receipts, its commits. */
struct past {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    const char *events_topic, *receipts_topic;
    int32_t partitions;
    int64_t ids, customers, open, now_ms;
    int64_t next[PARTITIONS_MAX]; /* offset, in the events and in the receipts alike */
    unsigned char mac_key[32];
};

static void past_acknowledged(struct past *past, int64_t open_most)
{
    while (past->open > open_most) {
        const rd_kafka_message_t *message;
        rd_kafka_event_t *event = rd_kafka_queue_poll(past->queue, SILENCE_MS);
        if (event == NULL)
            bench_fail("producing: no acknowledgement within %d s", SILENCE_MS / 1000);
        while ((message = rd_kafka_event_message_next(event)) != NULL) {
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                bench_fail("producing: %s", rd_kafka_err2str(message->err));
            past->open--;
        }
        rd_kafka_event_destroy(event);
    }
}

/* headers: NULL for none; librdkafka's from here on. */
static void past_produce(struct past *past, const char *topic, int32_t partition, struct span key,
                         struct span value, rd_kafka_headers_t *headers)
{
    past_acknowledged(past, UNACKNOWLEDGED_MAX);
    rd_kafka_resp_err_t code =
        rd_kafka_producev(past->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data, key.size),
                          RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.size),
                          RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_fail("producing: %s", rd_kafka_err2str(code));
    past->open++;
}

/* The identity is the one that load.c gives the event of this number, so that this can be published again. The record
 * itself lies before the commit and is never read: nothing is in it. */
static void past_event(struct past *past, int64_t number)
{
    char key[32], id[32], mac[RECEIPT_MAC_TEXT];
    struct buf value;
    snprintf(key, sizeof(key), "acme/e/user_%" PRId64, number % past->customers);
    snprintf(id, sizeof(id), "bench-%09" PRId64, number);
    int32_t partition = partitioner_partition(PARTITIONER_MURMUR2, span_of(key), past->partitions);
    const struct receipt receipt = {.outcome = OUTCOME_DELIVERED,
                                    .event_id = span_of(id),
                                    .sender = SPAN("backend"),
                                    .account = SPAN("acme"),
                                    .topic = span_of(past->events_topic),
                                    .partition = partition,
                                    .offset = past->next[partition]++,
                                    .record_timestamp_ms = past->now_ms,
                                    .admitted_at_ms = past->now_ms,
                                    .finished_at_ms = past->now_ms,
                                    .signed_at_s = past->now_ms / 1000,
                                    .attempts = 1};
    buf_init(&value, RECEIPT_SIZE_MAX);
    receipt_write(&value, &receipt);
    receipt_mac(past->mac_key, span_of(past->receipts_topic), partition, span_of(key), buf_span(&value), mac);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    rd_kafka_header_add(headers, RECEIPT_MAC, -1, mac, sizeof(mac) - 1);
    past_produce(past, past->events_topic, partition, SPAN_NONE, SPAN_NONE, NULL);
    past_produce(past, past->receipts_topic, partition, span_of(key), buf_span(&value), headers);
    buf_done(&value);
}

/* Everything is settled: the only reason to read the receipts is the dedup window. */
static void past_commit(const struct past *past, const char *bootstrap, const char *group)
{
    const struct bench_setting settings[] = {
        {"group.id", group}, {"enable.auto.commit", "false"}, {NULL, NULL}};
    rd_kafka_t *rk = bench_kafka(RD_KAFKA_CONSUMER, bootstrap, settings);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(past->partitions);
    char texts[PARTITIONS_MAX][PROGRESS_TEXT_MAX];
    for (int32_t i = 0; i < past->partitions; i++) {
        const struct progress progress = {.reach = past->next[i], .receipts = past->next[i], .admitted_ms = past->now_ms};
        progress_write(&progress, texts[i]);
        rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(list, past->events_topic, i);
        one->offset = past->next[i];
        one->metadata = texts[i];
        one->metadata_size = strlen(texts[i]);
    }
    rd_kafka_resp_err_t code = rd_kafka_commit(rk, list, 0);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_fail("committing: %s", rd_kafka_err2str(code));
    for (int32_t i = 0; i < past->partitions; i++) { /* ours, not for the list to free */
        list->elems[i].metadata = NULL;
        list->elems[i].metadata_size = 0;
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
}

void bench_past(int argc, char **argv)
{
    static const struct bench_setting settings[] = {
        {"enable.idempotence", "true"}, {"linger.ms", "5"}, {NULL, NULL}};
    struct past past = {.events_topic = argv[2],
                        .receipts_topic = argv[3],
                        .partitions = (int32_t)bench_number("PARTITIONS", argv[4]),
                        .ids = bench_number("IDS", argv[6]),
                        .customers = bench_number("CUSTOMERS", argv[7]),
                        .now_ms = (int64_t)time(NULL) * 1000};
    char text[BENCH_TEXT_MAX];
    struct err err;
    struct key secret;
    (void)argc;
    if (sodium_init() < 0)
        bench_fail("libsodium cannot start");
    if (past.partitions > PARTITIONS_MAX)
        bench_fail("PARTITIONS: at most %d", PARTITIONS_MAX);
    if (key_read(bench_file(argv[5], text), &secret, &err) != 0)
        bench_fail("%s: %s", argv[5], err.text);
    receipt_mac_key(&secret, past.mac_key);
    key_done(&secret);
    past.rk = bench_kafka(RD_KAFKA_PRODUCER, argv[0], settings);
    past.queue = rd_kafka_queue_get_main(past.rk);
    for (int64_t i = 0; i < past.ids; i++)
        past_event(&past, i);
    past_acknowledged(&past, 0);
    past_commit(&past, argv[0], argv[1]);
    rd_kafka_queue_destroy(past.queue);
    rd_kafka_destroy(past.rk);
}

/* The receipts that come behind `from`: so many, each with this outcome. */
static void expect_receipts(const char *bootstrap, rd_kafka_topic_partition_list_t *from, int64_t count,
                            enum outcome outcome)
{
    static const struct bench_setting settings[] = {
        {"group.id", "bench"}, {"enable.auto.commit", "false"}, {NULL, NULL}};
    rd_kafka_t *rk = bench_kafka(RD_KAFKA_CONSUMER, bootstrap, settings);
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_assign(rk, from);
    for (int64_t i = 0; i < count; i++) {
        struct receipt receipt;
        struct json_t *root;
        struct err err;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, SILENCE_MS);
        if (message == NULL || message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            bench_fail("reading receipt %" PRId64 " of %" PRId64 ": %s", i + 1, count,
                       message == NULL ? "nothing more came" : rd_kafka_message_errstr(message));
        if (receipt_read((struct span){message->payload, message->len}, &receipt, &root, &err) != 0)
            bench_fail("a receipt: %s", err.text);
        if (receipt.outcome != outcome)
            bench_fail("%.*s ended as %s (%s), not %s", SPAN_ARGS(receipt.event_id),
                       outcome_word(receipt.outcome), outcome_reason(receipt.outcome), outcome_word(outcome));
        json_decref(root);
        rd_kafka_topic_partition_list_find(from, rd_kafka_topic_name(message->rkt), message->partition)
            ->offset = message->offset + 1;
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}

/* The worker knows the identities of the past, and only those. */
void bench_again(int argc, char **argv)
{
    struct load_options options = {.bootstrap = argv[0],
                                   .topic = argv[1],
                                   .key_file = argv[4],
                                   .key_id = argv[5],
                                   .customers = bench_number("CUSTOMERS", argv[7])};
    int64_t ids = bench_number("IDS", argv[6]);
    int32_t partitions = (int32_t)bench_number("PARTITIONS", argv[3]);
    rd_kafka_topic_partition_list_t *from = rd_kafka_topic_partition_list_new(partitions);
    static const struct bench_setting none[] = {{NULL, NULL}};
    rd_kafka_t *rk = bench_kafka(RD_KAFKA_PRODUCER, argv[0], none);
    (void)argc;
    for (int32_t i = 0; i < partitions; i++) {
        int64_t low, high;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(rk, argv[2], i, &low, &high, SILENCE_MS);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            bench_fail("%s, partition %d: %s", argv[2], (int)i, rd_kafka_err2str(code));
        rd_kafka_topic_partition_list_add(from, argv[2], i)->offset = high;
    }
    rd_kafka_destroy(rk);
    const struct {
        int64_t first, count;
        enum outcome outcome;
    } rounds[] = {{0, 1, OUTCOME_DUPLICATE}, {ids - 1, 1, OUTCOME_DUPLICATE}, {ids, 1, OUTCOME_DELIVERED}};
    for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
        options.first = rounds[i].first;
        options.events = rounds[i].count;
        struct load *load = load_new(&options);
        load_publish(load, 0, options.events);
        expect_receipts(argv[0], from, options.events, rounds[i].outcome);
        load_free(load);
    }
    rd_kafka_topic_partition_list_destroy(from);
}
