#include "bench/bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void bench_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(5);
}

int64_t bench_number(const char *name, const char *text)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || *end != 0 || end == text || number < 1)
        bench_fail("%s: expected a whole number from 1, not \"%s\"", name, text);
    return number;
}

struct span bench_file(const char *path, char text[BENCH_TEXT_MAX])
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        bench_fail("%s: %s", path, strerror(errno));
    size_t size = fread(text, 1, BENCH_TEXT_MAX - 1, file);
    fclose(file);
    struct span all = span_trim_end((struct span){text, size});
    text[all.size] = 0;
    return all;
}

static int64_t nanoseconds(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

int64_t bench_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return nanoseconds(now);
}

int64_t bench_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return nanoseconds(now);
}

rd_kafka_t *bench_kafka(rd_kafka_type_t type, const char *bootstrap, const struct bench_setting *settings)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof(why)) != RD_KAFKA_CONF_OK)
        bench_fail("%s", why);
    for (size_t i = 0; settings[i].name != NULL; i++)
        if (rd_kafka_conf_set(conf, settings[i].name, settings[i].value, why, sizeof(why)) !=
            RD_KAFKA_CONF_OK)
            bench_fail("%s", why);
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (rk == NULL)
        bench_fail("%s", why);
    return rk;
}

rd_kafka_t *bench_consumer(const char *bootstrap, const char *topic, int32_t partitions)
{
    static const struct bench_setting settings[] = {{"group.id", "bench"},
                                                    {"enable.auto.commit", "false"},
                                                    {"enable.partition.eof", "false"},
                                                    {NULL, NULL}};
    rd_kafka_t *rk = bench_kafka(RD_KAFKA_CONSUMER, bootstrap, settings);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    rd_kafka_poll_set_consumer(rk);
    for (int32_t i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rk;
}

static char body[BENCH_BODY_MAX + 1] =
    "Your order is on its way. Need a hand? Pick one, or just write what is wrong.";

/* The same words again and again. */
static void body_set(int64_t size)
{
    size_t words = strlen(body);
    if (size > BENCH_BODY_MAX)
        bench_fail("--body: at most %d", BENCH_BODY_MAX);
    for (size_t i = words; i < (size_t)size; i++)
        body[i] = i % (words + 1) == words ? ' ' : body[i % (words + 1)];
    body[size] = 0;
}

const char *bench_body(void)
{
    return body;
}

size_t bench_payload(int64_t customer, char out[BENCH_PAYLOAD_MAX])
{
    return (size_t)snprintf(out, BENCH_PAYLOAD_MAX,
                            "{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"user_%lld\","
                            "\"email\":\"user_%lld@shop.example\"}},"
                            "\"message\":{\"body\":\"%s\","
                            "\"quick_replies\":[\"Where is my order?\",\"Talk to a "
                            "person\"],\"metadata\":{\"order_id\":\"o_%lld\"}},\"ttl\":60}",
                            (long long)customer, (long long)customer, body, (long long)customer);
}

static const struct command {
    const char *name;
    void (*run)(int argc, char **argv);
    int argc;
    const char *usage;
} commands[] = {
    {"run", bench_run, 11,
     "BOOTSTRAP EVENTS_TOPIC RECEIPTS_TOPIC PARTITIONS KEY_FILE KEY_ID EVENTS CUSTOMERS "
     "WORKER_PID STANDIN_PID BROKER_PID"},
    {"count", bench_count, 5, "BOOTSTRAP TOPIC PARTITIONS EVENTS OUTCOME"},
    {"parts", bench_parts, 2, "HMAC_KEY_FILE ED25519_KEY_FILE"},
    {"post", bench_post, 3, "URL API_KEY REQUESTS"},
    {"produce", bench_produce, 4, "BOOTSTRAP TOPIC PARTITIONS RECORDS"},
    {"fetch", bench_fetch, 4, "BOOTSTRAP TOPIC PARTITIONS RECORDS"},
    {"past", bench_past, 8,
     "BOOTSTRAP GROUP EVENTS_TOPIC RECEIPTS_TOPIC PARTITIONS MARK_SECRET_FILE IDS CUSTOMERS"},
    {"again", bench_again, 8,
     "BOOTSTRAP EVENTS_TOPIC RECEIPTS_TOPIC PARTITIONS KEY_FILE KEY_ID IDS CUSTOMERS"},
    {"fixed", bench_fixed, 6, "URL API_KEY CONVERSATIONS SECONDS SERVICE;... IN_FLIGHT,..."},
    {"publish", bench_publish, 6, "BOOTSTRAP EVENTS_TOPIC KEY_FILE KEY_ID EVENTS CUSTOMERS"},
};

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--body") == 0) {
        body_set(bench_number("--body", argv[2]));
        argv += 2;
        argc -= 2;
    }
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command *command = &commands[i];
        if (strcmp(argv[1], command->name) != 0)
            continue;
        if (argc - 2 != command->argc)
            bench_fail("usage: bench [--body BYTES] %s %s", command->name, command->usage);
        command->run(argc - 2, argv + 2);
        return 0;
    }
    bench_fail("say one of run, count, parts, post, produce, fetch, past, again, fixed, publish");
}
