/* The bench's own program: it fills the events topic, counts receipts, and measures what each part of a worker's work
 * costs by itself. tests/bench.sh runs it; each command prints NAME=VALUE words on one line. Whatever it cannot do ends
 * it with exit code 5 and one line that says what. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define BENCH_TEXT_MAX    1024
#define BENCH_BODY_MAX    10000 /* of a message, by format 1 */
#define BENCH_PAYLOAD_MAX (BENCH_BODY_MAX + BENCH_TEXT_MAX)

struct bench_setting {
    const char *name;
    const char *value;
};

/* Each takes the words behind its name. */
void bench_run(int argc, char **argv);
void bench_count(int argc, char **argv);
void bench_parts(int argc, char **argv);
void bench_post(int argc, char **argv);
void bench_produce(int argc, char **argv);
void bench_fetch(int argc, char **argv);
void bench_past(int argc, char **argv);
void bench_again(int argc, char **argv);
void bench_fixed(int argc, char **argv);
void bench_publish(int argc, char **argv);

/* Says it and exits with 5. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* A positive whole number, or bench_fail. */
int64_t bench_number(const char *name, const char *text);
/* The whole file without white space at its end; text is terminated. */
struct span bench_file(const char *path, char text[BENCH_TEXT_MAX]);

/* Nanoseconds: a clock that goes on, and the CPU time of all threads of this process. */
int64_t bench_clock_ns(void);
int64_t bench_cpu_ns(void);

/* A client of librdkafka with these settings, ended by a NULL name. rd_kafka_destroy it. */
rd_kafka_t *bench_kafka(rd_kafka_type_t type, const char *bootstrap, const struct bench_setting *settings);
/* A consumer that reads all partitions of a topic from the beginning, without a group. */
rd_kafka_t *bench_consumer(const char *bootstrap, const char *topic, int32_t partitions);

/* The body of each message: as long as --body says, or else of 77 bytes. */
const char *bench_body(void);
/* The bench's event for customer number `customer`: JSON, terminated, about 270 bytes beside the body; returns its size. */
size_t bench_payload(int64_t customer, char out[BENCH_PAYLOAD_MAX]);

#endif
