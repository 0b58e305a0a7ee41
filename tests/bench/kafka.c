#include <stdio.h>

#include "bench/bench.h"
#include "bench/sample.h"
#include "receipt/receipt.h"

#define UNACKNOWLEDGED_MAX 4000

/* Takes what is acknowledged; waits for some of it where `wait` says so. How many. */
static int64_t produced(rd_kafka_queue_t *queue, bool wait)
{
    int64_t count = 0;
    rd_kafka_event_t *event;
    const rd_kafka_message_t *message;
    while ((event = rd_kafka_queue_poll(queue, wait && count == 0 ? 10000 : 0)) != NULL) {
        while ((message = rd_kafka_event_message_next(event)) != NULL) {
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                bench_fail("producing: %s", rd_kafka_err2str(message->err));
            count++;
        }
        rd_kafka_event_destroy(event);
    }
    if (wait && count == 0)
        bench_fail("producing: no acknowledgement within 10 s");
    return count;
}

/* Records of a receipt's form and size, by an idempotent producer: what the worker's producer cannot do without. */
void bench_produce(int argc, char **argv)
{
    static const struct bench_setting settings[] = {{"enable.idempotence", "true"}, {NULL, NULL}};
    static const char mac[RECEIPT_MAC_TEXT - 1] = "0000000000000000000000000000000000000000000=";
    int64_t partitions = bench_number("PARTITIONS", argv[2]), records = bench_number("RECORDS", argv[3]);
    rd_kafka_t *rk = bench_kafka(RD_KAFKA_PRODUCER, argv[0], settings);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_main(rk);
    struct buf value;
    sample_receipt(SPAN("bench-000012345"), 12345, &value);
    (void)argc;
    int64_t began = bench_cpu_ns(), open = 0;
    for (int64_t i = 0; i < records; i++) {
        char key[32];
        int size = snprintf(key, sizeof(key), "acme/e/user_%lld", (long long)i % 10000);
        rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
        rd_kafka_header_add(headers, RECEIPT_MAC, -1, mac, sizeof(mac));
        rd_kafka_resp_err_t code = rd_kafka_producev(
            rk, RD_KAFKA_V_TOPIC(argv[1]), RD_KAFKA_V_PARTITION((int32_t)(i % partitions)),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, (size_t)size),
            RD_KAFKA_V_VALUE(value.data, value.size), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            bench_fail("producing: %s", rd_kafka_err2str(code));
        open++;
        if (open >= UNACKNOWLEDGED_MAX)
            open -= produced(queue, true);
    }
    while (open > 0)
        open -= produced(queue, true);
    printf("produce=%.2f\n", (double)(bench_cpu_ns() - began) / 1000 / (double)records);
    buf_done(&value);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

/* The events as the worker takes them: batches from the consumer's queue, all headers looked at. */
void bench_fetch(int argc, char **argv)
{
    int64_t records = bench_number("RECORDS", argv[3]), count = 0;
    int64_t began = bench_cpu_ns();
    rd_kafka_t *rk = bench_consumer(argv[0], argv[1], (int32_t)bench_number("PARTITIONS", argv[2]));
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    (void)argc;
    while (count < records) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10000);
        const rd_kafka_message_t *message;
        if (event == NULL)
            bench_fail("reading: %lld records, then nothing for 10 s", (long long)count);
        while ((message = rd_kafka_event_message_next(event)) != NULL) {
            rd_kafka_headers_t *headers;
            const char *name;
            const void *value;
            size_t size, at = 0;
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                continue;
            if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
                while (rd_kafka_header_get_all(headers, at, &name, &value, &size) ==
                       RD_KAFKA_RESP_ERR_NO_ERROR)
                    at++;
            count++;
        }
        rd_kafka_event_destroy(event);
    }
    printf("fetch=%.2f\n", (double)(bench_cpu_ns() - began) / 1000 / (double)count);
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}
