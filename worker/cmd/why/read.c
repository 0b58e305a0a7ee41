#include "cmd/why/read.h"

#include <stdlib.h>

#include "base/mem.h"
#include "cmd/progress.h"
#include "kafka/record_of.h"
#include "lib/record.h"
#include "receipt/dead_letter.h"

#define LETTER_HEADERS (RECORD_HEADERS + DEAD_LETTER_ADDED_MAX)
#define FAILURES_MAX   3 /* in a row, each after CLIENT_TIMEOUT_MS or more: then nothing more is asked */

enum log { LOG_EVENTS, LOG_RECEIPTS, LOG_LETTERS, LOGS };

static const char *const whats[LOGS] = {"records", "receipts", "dead letters"};

/* A log of a partition: what of it is to be read. */
struct why_log {
    struct scan scan;
    int64_t begin, end; /* of the log */
    int64_t from_ms;
    bool good;          /* until something fails */
};

struct why_pass {
    struct why_reading *reading;
    struct life *life;
    struct why_log *logs; /* LOGS for each partition */
    struct progress progress;
    struct audit_reading receipts; /* of the partition that is being read */
    int64_t first_ms;              /* of its records */
    unsigned failures;             /* in a row */
};

static void note_add(struct why_reading *reading, const char *what, int32_t partition, const char *why)
{
    reading->notes = mem_grow(reading->notes, reading->note_count + 1, sizeof(*reading->notes));
    reading->notes[reading->note_count++] = (struct why_note){what, partition, mem_copy(span_of(why))};
}

void why_reading_done(struct why_reading *reading)
{
    for (size_t i = 0; i < reading->note_count; i++)
        free(reading->notes[i].why);
    free(reading->notes);
    free(reading->partitions.list);
}

/* ---- where the logs begin and end ---- */

static struct client *log_client(const struct why_reading *reading, enum log which)
{
    return which == LOG_EVENTS ? reading->clients->events : reading->clients->written;
}

static int log_look(const struct why_reading *reading, enum log which, int32_t partition, struct why_log *log,
                    struct err *err)
{
    const struct config *config = reading->config;
    const char *const topics[LOGS] = {config->events_topic, config->receipts_topic, config->dead_topic};
    int64_t until_ms = which == LOG_EVENTS ? reading->until_ms : INT64_MAX;
    log->scan = (struct scan){.topic = topics[which], .partition = partition};
    log->from_ms = reading->since_ms;
    if (which != LOG_EVENTS && reading->since_ms != INT64_MIN) /* what a repetition repeats may be older by the window */
        log->from_ms = reading->since_ms - config->window_ms - AUDIT_CLOCKS_MS;
    if (client_offsets(log_client(reading, which), topics[which], partition, &log->begin, &log->end, err) != 0)
        return -1;
    log->scan.begin = log->begin;
    log->scan.end = log->end;
    if (log->begin == log->end)
        return 0;
    return scan_cut(log_client(reading, which), &log->scan, log->from_ms, until_ms, err);
}

/* Whether to go on: what fails several times in a row fails for all. */
static bool pass_result(struct why_pass *pass, enum log which, int32_t partition, struct why_log *log, int result,
                        const struct err *err)
{
    log->good = result == 0;
    pass->failures = result == 0 ? 0 : pass->failures + 1;
    if (result != 0)
        note_add(pass->reading, whats[which], partition, err->text);
    return result == 0;
}

/* How many offsets are to be read. */
static uint64_t pass_look(struct why_pass *pass)
{
    struct why_reading *reading = pass->reading;
    struct err err;
    uint64_t total = 0;
    if (audit_look_committed(reading->clients, reading->config, &reading->partitions, &err) != 0)
        note_add(reading, "how far the group has come", -1, err.text);
    /* The events' end first: what a worker has settled of them has its receipt before the end that is asked for after that. */
    for (int which = 0; which < LOGS; which++)
        for (size_t i = 0; i < reading->partitions.count; i++) {
            const struct audit_partition *partition = &reading->partitions.list[i];
            struct why_log *log = &pass->logs[i * LOGS + (size_t)which];
            if (partition->unserved && which != LOG_EVENTS)
                continue;
            int result = pass->failures < FAILURES_MAX
                             ? log_look(reading, (enum log)which, partition->id, log, &err)
                             : -1;
            if (pass_result(pass, (enum log)which, partition->id, log, result, &err) && log->scan.end > log->scan.begin)
                total += (uint64_t)(log->scan.end - log->scan.begin);
        }
    return total;
}

/* ---- what is in them ---- */

static void take_record(void *context, const rd_kafka_message_t *message)
{
    struct why_pass *pass = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    record_of(message, headers, &record);
    if (pass->first_ms < 0)
        pass->first_ms = record.timestamp_ms;
    life_record(pass->life, &record);
    progress_step(&pass->progress);
}

static void take_receipt(void *context, const rd_kafka_message_t *message)
{
    struct why_pass *pass = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    record_of(message, headers, &record);
    audit_reading_take(&pass->receipts, record.offset, record.timestamp_ms);
    life_receipt(pass->life, &record);
    progress_step(&pass->progress);
}

static void take_letter(void *context, const rd_kafka_message_t *message)
{
    struct why_pass *pass = context;
    struct header headers[LETTER_HEADERS];
    struct record letter;
    record_of_with(message, headers, LETTER_HEADERS, &letter);
    life_letter(pass->life, &letter);
    progress_step(&pass->progress);
}

static bool log_read(struct why_pass *pass, enum log which, int32_t partition, struct why_log *log)
{
    static scan_take *const takes[LOGS] = {take_record, take_receipt, take_letter};
    struct err err = {0};
    if (!log->good)
        return false;
    if (pass->failures >= FAILURES_MAX) {
        note_add(pass->reading, whats[which], partition, "Kafka stopped answering before");
        return false;
    }
    int result = scan_read(log_client(pass->reading, which), &log->scan, takes[which], pass, &err);
    return pass_result(pass, which, partition, log, result, &err);
}

static void pass_partition(struct why_pass *pass, size_t index)
{
    const struct audit_partition *partition = &pass->reading->partitions.list[index];
    struct why_log *logs = &pass->logs[index * LOGS];
    const struct why_log *events = &logs[LOG_EVENTS], *receipts = &logs[LOG_RECEIPTS];
    struct life_partition *told =
        life_begin(pass->life, &(struct life_partition){.id = partition->id,
                                                        .unserved = partition->unserved,
                                                        .committed_known = partition->committed != INT64_MIN,
                                                        .committed = partition->committed,
                                                        .log_begin = events->begin,
                                                        .log_end = events->end,
                                                        .begin = events->scan.begin,
                                                        .end = events->scan.end});
    pass->receipts = (struct audit_reading){receipts->begin, receipts->end, receipts->scan.begin, receipts->from_ms, -1, -1};
    pass->first_ms = -1;
    told->events_read = log_read(pass, LOG_EVENTS, partition->id, &logs[LOG_EVENTS]);
    told->receipts_read = log_read(pass, LOG_RECEIPTS, partition->id, &logs[LOG_RECEIPTS]);
    told->letters_read = log_read(pass, LOG_LETTERS, partition->id, &logs[LOG_LETTERS]);
    told->first_ms = pass->first_ms;
    told->receipts_from_ms = audit_known_from(&pass->receipts);
}

void why_read(struct why_reading *reading, struct life *life)
{
    struct why_pass pass = {.reading = reading, .life = life};
    pass.logs = mem_new(reading->partitions.count * LOGS, sizeof(*pass.logs));
    uint64_t total = pass_look(&pass);
    progress_init(&pass.progress);
    progress_begin(&pass.progress, "reading", total);
    for (size_t i = 0; i < reading->partitions.count; i++)
        pass_partition(&pass, i);
    progress_hide(&pass.progress);
    life_finish(life);
    free(pass.logs);
}
