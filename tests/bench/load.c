#include "bench/load.h"

#include <cupbearer/cupbearer.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "bench/bench.h"

#define SILENCE_MS 30000 /* of the broker */
#define LIFE_S     55    /* of the 60 that bench_payload gives */

struct load {
    const char *topic;
    struct cupbearer_record **records;
    int64_t events;
    time_t signed_at; /* the first of them */
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
};

static struct cupbearer_key *read_key(const char *path)
{
    char text[BENCH_TEXT_MAX], why[CUPBEARER_ERROR_SIZE];
    struct cupbearer_key *key;
    struct span words = bench_file(path, text);
    if (cupbearer_key_read(words.data, words.size, &key, why, sizeof(why)) != CUPBEARER_OK)
        bench_fail("%s: %s", path, why);
    return key;
}

struct load *load_new(const struct load_options *options)
{
    static const struct bench_setting settings[] = {
        {"partitioner", "murmur2_random"}, {"enable.idempotence", "true"}, {"linger.ms", "5"}, {NULL, NULL}};
    struct load *load = mem_new(1, sizeof(*load));
    *load = (struct load){.topic = options->topic,
                          .records = mem_new((size_t)options->events, sizeof(struct cupbearer_record *)),
                          .events = options->events,
                          .signed_at = time(NULL),
                          .rk = bench_kafka(RD_KAFKA_PRODUCER, options->bootstrap, settings)};
    load->queue = rd_kafka_queue_get_main(load->rk);
    struct cupbearer_key *key = read_key(options->key_file);
    for (int64_t i = 0; i < load->events; i++) {
        char payload[BENCH_PAYLOAD_MAX], id[32], why[CUPBEARER_ERROR_SIZE];
        int64_t number = options->first + i;
        size_t size = bench_payload(number % options->customers, payload);
        snprintf(id, sizeof(id), "bench-%09lld", (long long)number);
        if (cupbearer_sign(key, options->key_id, id, time(NULL), payload, size, &load->records[i], why,
                           sizeof(why)) != CUPBEARER_OK)
            bench_fail("signing: %s", why);
    }
    cupbearer_key_free(key);
    return load;
}

void load_free(struct load *load)
{
    if (load == NULL)
        return;
    for (int64_t i = 0; i < load->events; i++)
        cupbearer_record_free(load->records[i]);
    free(load->records);
    rd_kafka_queue_destroy(load->queue);
    rd_kafka_destroy(load->rk);
    free(load);
}

/* Takes what the broker acknowledged; waits so long for the first of it. */
static void load_acknowledged(struct load *load, int wait_ms)
{
    rd_kafka_event_t *event;
    const rd_kafka_message_t *message;
    for (; (event = rd_kafka_queue_poll(load->queue, wait_ms)) != NULL; wait_ms = 0) {
        while ((message = rd_kafka_event_message_next(event)) != NULL)
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                bench_fail("publishing: %s", rd_kafka_err2str(message->err));
        rd_kafka_event_destroy(event);
    }
}

static rd_kafka_headers_t *record_headers(const struct cupbearer_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
    const char *name, *value;
    size_t size;
    for (size_t i = 0; cupbearer_record_header(record, i, &name, &value, &size) == CUPBEARER_OK; i++)
        rd_kafka_header_add(headers, name, -1, value, (ssize_t)size);
    return headers;
}

static void load_send(struct load *load, const struct cupbearer_record *record)
{
    struct span key, value;
    key.data = cupbearer_record_key(record, &key.size);
    value.data = cupbearer_record_value(record, &value.size);
    rd_kafka_headers_t *headers = record_headers(record);
    rd_kafka_resp_err_t code;
    do {
        code = rd_kafka_producev(load->rk, RD_KAFKA_V_TOPIC(load->topic), RD_KAFKA_V_MSGFLAGS(0),
                                 RD_KAFKA_V_KEY(key.data, key.size),
                                 RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.size),
                                 RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
        load_acknowledged(load, code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? SILENCE_MS : 0);
    } while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_fail("publishing: %s", rd_kafka_err2str(code));
}

void load_publish(struct load *load, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++)
        load_send(load, load->records[i]);
    for (int left; (left = rd_kafka_outq_len(load->rk)) > 0;) {
        load_acknowledged(load, SILENCE_MS);
        if (rd_kafka_outq_len(load->rk) == left)
            bench_fail("%d events are not acknowledged, and the broker is silent for %d s", left,
                       SILENCE_MS / 1000);
    }
    if (time(NULL) - load->signed_at > LIFE_S)
        bench_fail("from signing to publishing it took more than %d s: take fewer events", LIFE_S);
}
