/* A backend in C: signs with libcupbearer, publishes with librdkafka. Producer.java does the same without cupbearer.
 *
 *   producer BOOTSTRAP_SERVERS TOPIC KEY_FILE KEY_ID
 *
 * It says "ready" once it knows the topic. Then each line of stdin is an event: its id, its routing key (which the
 * library makes itself), its payload, with tabs between. Each that the broker has acknowledged is told on stdout:
 * event_id=ID partition=N offset=N. Exit codes: 0 all were acknowledged, 1 not so. */
#include <cupbearer/cupbearer.h>
#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FLUSH_MS 30000

struct backend {
    rd_kafka_t *rk;
    struct cupbearer_key *key;
    const char *topic, *key_id;
    int32_t partition_count;
};

__attribute__((format(printf, 1, 2))) static _Noreturn void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("producer: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

/* Called from rd_kafka_poll and rd_kafka_flush only. _private: the event's id. */
static void acknowledged(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("%s was not acknowledged: %s", (char *)message->_private, rd_kafka_err2str(message->err));
    printf("event_id=%s partition=%d offset=%lld\n", (char *)message->_private, (int)message->partition,
           (long long)message->offset);
    free(message->_private);
}

static void connect_to(struct backend *backend, const char *bootstrap_servers)
{
    char error[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap_servers, error, sizeof(error)) !=
            RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "enable.idempotence", "true", error, sizeof(error)) != RD_KAFKA_CONF_OK)
        fail("%s", error);
    rd_kafka_conf_set_dr_msg_cb(conf, acknowledged);
    backend->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
    if (backend->rk == NULL)
        fail("%s", error);

    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(backend->rk, backend->topic, NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(backend->rk, 0, topic, &metadata, FLUSH_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("topic %s: %s", backend->topic, rd_kafka_err2str(code));
    backend->partition_count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
}

static void read_key(struct backend *backend, const char *path)
{
    char text[256], error[CUPBEARER_ERROR_SIZE];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail("%s cannot be opened", path);
    size_t size = fread(text, 1, sizeof(text), file);
    fclose(file);
    if (cupbearer_key_read(text, size, &backend->key, error, sizeof(error)) != CUPBEARER_OK)
        fail("%s: %s", path, error);
}

static void publish(const struct backend *backend, const char *event_id,
                    const struct cupbearer_record *record)
{
    size_t key_size, value_size, size;
    const char *key = cupbearer_record_key(record, &key_size);
    const char *value = cupbearer_record_value(record, &value_size), *name, *text;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
    for (size_t i = 0; cupbearer_record_header(record, i, &name, &text, &size) == CUPBEARER_OK; i++)
        rd_kafka_header_add(headers, name, -1, text, (ssize_t)size);
    int32_t partition = cupbearer_record_partition(record, CUPBEARER_MURMUR2, backend->partition_count);
    rd_kafka_resp_err_t code = rd_kafka_producev(
        backend->rk, RD_KAFKA_V_TOPIC(backend->topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE((void *)(uintptr_t)value, value_size),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE(strdup(event_id)), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("%s: %s", event_id, rd_kafka_err2str(code));
}

static void take(const struct backend *backend, char *line)
{
    char error[CUPBEARER_ERROR_SIZE];
    struct cupbearer_record *record;
    line[strcspn(line, "\n")] = 0;
    const char *event_id = strsep(&line, "\t");
    strsep(&line, "\t");
    if (line == NULL)
        fail("no event: %s", event_id);
    if (cupbearer_sign(backend->key, backend->key_id, event_id, time(NULL), line, strlen(line), &record,
                       error, sizeof(error)) != CUPBEARER_OK)
        fail("%s: %s", event_id, error);
    publish(backend, event_id, record);
    cupbearer_record_free(record);
}

int main(int argc, char **argv)
{
    struct backend backend = {0};
    char *line = NULL;
    size_t capacity = 0;
    if (argc != 5)
        fail("say BOOTSTRAP_SERVERS TOPIC KEY_FILE KEY_ID");
    backend.topic = argv[2];
    backend.key_id = argv[4];
    read_key(&backend, argv[3]);
    connect_to(&backend, argv[1]);
    puts("ready");
    fflush(stdout);
    while (getline(&line, &capacity, stdin) > 0) {
        take(&backend, line);
        rd_kafka_poll(backend.rk, 0);
    }
    if (rd_kafka_flush(backend.rk, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("the broker did not acknowledge all");
    free(line);
    rd_kafka_destroy(backend.rk);
    cupbearer_key_free(backend.key);
    return 0;
}
