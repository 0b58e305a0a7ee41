#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "bench/bench.h"
#include "receipt/receipt.h"

/* Reads every receipt and insists on one outcome for all: a figure of events that failed would be none. */
void bench_count(int argc, char **argv)
{
    int64_t events = bench_number("EVENTS", argv[3]), bytes = 0;
    rd_kafka_t *rk = bench_consumer(argv[0], argv[1], (int32_t)bench_number("PARTITIONS", argv[2]));
    (void)argc;
    for (int64_t i = 0; i < events; i++) {
        struct receipt receipt;
        struct json_t *root;
        struct err err;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 10000);
        if (message == NULL || message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            bench_fail("reading receipt %" PRId64 " of %" PRId64 ": %s", i + 1, events,
                       message == NULL ? "nothing more came" : rd_kafka_message_errstr(message));
        if (receipt_read((struct span){message->payload, message->len}, &receipt, &root, &err) != 0)
            bench_fail("a receipt: %s", err.text);
        const char *word = receipt.outcome == OUTCOME_DELIVERED || receipt.outcome == OUTCOME_DUPLICATE
                               ? outcome_word(receipt.outcome)
                               : outcome_reason(receipt.outcome);
        if (strcmp(word, argv[4]) != 0)
            bench_fail("partition %d, offset %" PRId64 " ended as %s, not %s: %.*s", (int)receipt.partition,
                       receipt.offset, word, argv[4], SPAN_ARGS(receipt.detail));
        bytes += (int64_t)message->len;
        json_decref(root);
        rd_kafka_message_destroy(message);
    }
    printf("receipt_bytes=%.0f\n", (double)bytes / (double)events);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}
