#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/load.h"

#define POLL_MS  50
#define STUCK_MS 30000 /* without a new receipt */

/* What stands behind the last ")" of /proc/PID/stat begins with field 3; utime and stime are 14 and 15, in ticks, for
 * all threads together. */
static int64_t process_cpu_ns(int64_t pid)
{
    char path[64], text[BENCH_TEXT_MAX];
    snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
    FILE *file = fopen(path, "re");
    size_t size = file == NULL ? 0 : fread(text, 1, sizeof(text) - 1, file);
    if (file != NULL)
        fclose(file);
    text[size] = 0;
    unsigned long long user, system;
    const char *rest = strrchr(text, ')');
    if (rest == NULL ||
        sscanf(rest + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user, &system) != 2)
        bench_fail("process %" PRId64 " has ended", pid);
    return (int64_t)(user + system) * (1000000000 / sysconf(_SC_CLK_TCK));
}

/* How many records the topic holds: nothing is deleted from it here. Asking the broker for its ends costs the machine
 * less than reading the receipts while the worker is measured. */
static int64_t topic_records(rd_kafka_t *rk, const char *topic, int32_t partitions)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < partitions; i++) {
        int64_t low, high;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(rk, topic, i, &low, &high, 10000);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            bench_fail("%s, partition %d: %s", topic, (int)i, rd_kafka_err2str(code));
        sum += high;
    }
    return sum;
}

#define PROCESSES 3 /* worker, stand-in, broker: on one machine they share its cores */

struct watch {
    rd_kafka_t *rk;
    const char *topic;
    int32_t partitions;
    int64_t pids[PROCESSES];
};

struct tally {
    int64_t receipts, clock_ns, cpu_ns[PROCESSES];
};

static struct tally watch_read(const struct watch *watch)
{
    struct tally tally = {.receipts = topic_records(watch->rk, watch->topic, watch->partitions)};
    tally.clock_ns = bench_clock_ns();
    for (size_t i = 0; i < PROCESSES; i++)
        tally.cpu_ns[i] = process_cpu_ns(watch->pids[i]);
    return tally;
}

static void tally_print(const struct tally *first, const struct tally *last)
{
    static const char *const names[PROCESSES] = {"us", "standin_us", "broker_us"};
    double count = (double)(last->receipts - first->receipts);
    double ns = (double)(last->clock_ns - first->clock_ns);
    for (size_t i = 0; i < PROCESSES; i++)
        printf("%s=%.2f ", names[i], (double)(last->cpu_ns[i] - first->cpu_ns[i]) / 1000 / count);
    printf("events_s=%.0f cores=%.2f\n", count * 1e9 / ns, (double)(last->cpu_ns[0] - first->cpu_ns[0]) / ns);
}

/* Waits until there are so many receipts. */
static struct tally watch_wait(const struct watch *watch, int64_t receipts)
{
    struct tally last = watch_read(watch);
    int64_t moved_ns = last.clock_ns;
    while (last.receipts < receipts) {
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
        struct tally now = watch_read(watch);
        if (now.receipts > last.receipts)
            moved_ns = now.clock_ns;
        else if (now.clock_ns - moved_ns > STUCK_MS * (int64_t)1000000)
            bench_fail("%" PRId64 " of %" PRId64 " events have a receipt, and for %d s no new one came",
                       now.receipts, receipts, STUCK_MS / 1000);
        last = now;
    }
    return last;
}

/* The first tenth is settled before the rest is published, all at once: customers are found and made, caches and memory
 * are warm. What is measured begins and ends with nothing under way, so all work on the rest lies in it, also what the
 * worker does long before a receipt, and nothing else. */
void bench_run(int argc, char **argv)
{
    static const struct bench_setting none[] = {{NULL, NULL}};
    struct load_options options = {argv[0],
                                   argv[1],
                                   argv[4],
                                   argv[5],
                                   bench_number("EVENTS", argv[6]),
                                   bench_number("CUSTOMERS", argv[7]),
                                   0};
    struct watch watch = {.rk = bench_kafka(RD_KAFKA_PRODUCER, argv[0], none),
                          .topic = argv[2],
                          .partitions = (int32_t)bench_number("PARTITIONS", argv[3])};
    (void)argc;
    for (int i = 0; i < PROCESSES; i++)
        watch.pids[i] = bench_number("PID", argv[8 + i]);
    struct load *load = load_new(&options);
    load_publish(load, 0, options.events / 10);
    struct tally first = watch_wait(&watch, options.events / 10);
    load_publish(load, options.events / 10, options.events);
    struct tally last = watch_wait(&watch, options.events);
    tally_print(&first, &last);
    load_free(load);
    rd_kafka_destroy(watch.rk);
}
