#include "cmd/audit/read.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cmd/progress.h"
#include "cmd/topics.h"
#include "kafka/record_of.h"
#include "receipt/dead_letter.h"

int audit_clients_init(struct audit_clients *clients, const struct config *config, struct err *err)
{
    *clients = (struct audit_clients){0};
    clients->events = scan_client_new(config, KAFKA_READ_COMMITTED, err);
    if (clients->events != NULL)
        clients->written = scan_client_new(config, KAFKA_READ_ALL, err);
    return clients->written == NULL ? -1 : 0;
}

void audit_clients_done(struct audit_clients *clients)
{
    client_free(clients->events);
    client_free(clients->written);
}

/* ---- where the logs begin and end ---- */

int audit_look_committed(const struct audit_clients *clients, const struct config *config, struct audit_partitions *partitions,
                         struct err *err)
{
    int32_t *ids = mem_new(partitions->count, sizeof(*ids));
    int64_t *committed = mem_new(partitions->count, sizeof(*committed));
    for (size_t i = 0; i < partitions->count; i++)
        ids[i] = partitions->list[i].id;
    int result = topics_committed(clients->events, config, ids, partitions->count, committed, err);
    for (size_t i = 0; i < partitions->count; i++)
        partitions->list[i].committed = result != 0 ? INT64_MIN : committed[i];
    free(committed);
    free(ids);
    return result;
}

/* Of a partition that workers do not serve there are neither receipts nor dead letters: nothing in it is settled. */
static int look_written(struct client *client, const char *topic, const struct audit_partition *partition,
                        struct audit_ends *out, struct err *err)
{
    return partition->unserved ? 0 : client_offsets(client, topic, partition->id, &out->begin, &out->end, err);
}

static int look_span(struct client *client, const struct config *config, int64_t since_ms, int64_t until_ms,
                     struct audit_partition *partition, struct err *err)
{
    struct scan span = {config->events_topic, partition->id, partition->events.begin, partition->events.end};
    if (scan_cut(client, &span, since_ms, until_ms, err) != 0)
        return -1;
    partition->span = (struct audit_ends){span.begin, span.end};
    return 0;
}

/* In this order: what was committed has its receipt, a receipt its dead letter before it, and each a record, within the
 * ends that are asked for after it. */
static int look_logs(const struct audit_clients *clients, const struct config *config, int64_t since_ms,
                     int64_t until_ms, struct audit_partitions *partitions, struct err *err)
{
    struct audit_partition *list = partitions->list;
    int result = audit_look_committed(clients, config, partitions, err);
    for (size_t i = 0; i < partitions->count && result == 0; i++)
        result = look_written(clients->written, config->receipts_topic, &list[i], &list[i].receipts, err);
    for (size_t i = 0; i < partitions->count && result == 0; i++)
        result = look_written(clients->written, config->dead_topic, &list[i], &list[i].dead, err);
    for (size_t i = 0; i < partitions->count && result == 0; i++)
        result = client_offsets(clients->events, config->events_topic, list[i].id, &list[i].events.begin,
                                &list[i].events.end, err);
    for (size_t i = 0; i < partitions->count && result == 0; i++)
        result = look_span(clients->events, config, since_ms, until_ms, &list[i], err);
    return result;
}

int audit_look(const struct audit_clients *clients, const struct config *config, int32_t only,
               int64_t since_ms, int64_t until_ms, struct audit_partitions *out, struct err *err)
{
    int32_t count, served;
    if (topics_count(clients->events, config, &count, &served, err) != 0)
        return -1;
    if (only >= count)
        return err_set(err, ERR_USAGE, "%.200s has %d partitions, counted from 0: there is no partition %d",
                       config->events_topic, (int)count, (int)only);
    out->count = only < 0 ? (size_t)count : 1;
    out->list = mem_new(out->count, sizeof(*out->list));
    for (size_t i = 0; i < out->count; i++)
        out->list[i] = (struct audit_partition){.id = only < 0 ? (int32_t)i : only};
    for (size_t i = 0; i < out->count; i++)
        out->list[i].unserved = out->list[i].id >= served;
    if (look_logs(clients, config, since_ms, until_ms, out, err) == 0)
        return 0;
    free(out->list);
    *out = (struct audit_partitions){0};
    return -1;
}

uint64_t audit_look_total(const struct audit_partitions *partitions)
{
    uint64_t total = 0;
    for (size_t i = 0; i < partitions->count; i++) {
        const struct audit_partition *one = &partitions->list[i];
        const struct audit_ends *const ends[] = {&one->span, &one->receipts, &one->dead};
        for (size_t j = 0; j < 3; j++)
            total += (uint64_t)(ends[j]->end - ends[j]->begin);
    }
    return total;
}

/* ---- what is in them ---- */

struct audit_pass {
    struct audit *audit;
    struct progress *progress;
    struct audit_reading reading;
};

static void pass_note(struct audit_pass *pass, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    audit_reading_take(&pass->reading, message->offset, rd_kafka_message_timestamp(message, &type));
    progress_step(pass->progress);
}

static void take_record(void *context, const rd_kafka_message_t *message)
{
    struct audit_pass *pass = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    record_of(message, headers, &record);
    audit_record(pass->audit, &record);
    progress_step(pass->progress);
}

static void take_receipt(void *context, const rd_kafka_message_t *message)
{
    struct audit_pass *pass = context;
    struct header headers[RECORD_HEADERS];
    struct record record;
    pass_note(pass, message);
    record_of(message, headers, &record);
    audit_receipt(pass->audit, &record);
}

static struct span last_header(const rd_kafka_headers_t *headers, const char *name)
{
    const void *value;
    size_t size;
    if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return SPAN_NONE;
    return (struct span){value, size};
}

/* The worker's headers stand behind the record's own, however many those are. */
static void take_dead_letter(void *context, const rd_kafka_message_t *message)
{
    struct audit_pass *pass = context;
    rd_kafka_headers_t *headers;
    pass_note(pass, message);
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    audit_dead_letter(pass->audit, (struct span){message->key, message->key_len},
                      last_header(headers, DEAD_LETTER_SOURCE), last_header(headers, DEAD_LETTER_REASON));
}

/* Reads a topic's partition from a time on (INT64_MIN: all) to its end; *known_from as audit_known_from says. */
static int pass_read(struct client *client, const char *topic, int32_t partition,
                     const struct audit_ends *ends, int64_t from_ms, scan_take *take, const struct audit_pass *of,
                     int64_t *known_from, struct err *err)
{
    struct audit_pass pass = {
        .audit = of->audit,
        .progress = of->progress,
        .reading = {ends->begin, ends->end, ends->begin, from_ms, -1, -1},
    };
    struct scan scan = {topic, partition, ends->begin, ends->end};
    if (ends->begin < ends->end && scan_cut(client, &scan, from_ms, INT64_MAX, err) != 0)
        return -1;
    pass.reading.begin = scan.begin;
    progress_skip(pass.progress, (uint64_t)(scan.begin - ends->begin));
    if (scan_read(client, &scan, take, &pass, err) != 0)
        return -1;
    *known_from = audit_known_from(&pass.reading);
    return 0;
}

int audit_read(const struct audit_clients *clients, const struct config *config,
               const struct audit_partition *partition, const struct audit_rules *rules, bool all_receipts,
               struct progress *progress, struct audit *out, struct err *err)
{
    struct audit_rules own = *rules;
    own.ledger.partition = partition->id;
    own.log_begin = partition->events.begin;
    own.log_end = partition->events.end;
    own.begin = partition->span.begin;
    own.end = partition->span.end;
    own.committed = partition->committed;
    audit_init(out, &own);
    bool all = own.since_ms == INT64_MIN;
    struct audit_pass pass = {.audit = out, .progress = progress};
    const struct scan scan = {config->events_topic, own.ledger.partition, own.begin, own.end};
    int64_t receipts_from_ms, letters_from_ms;
    int result = scan_read(clients->events, &scan, take_record, &pass, err);
    if (result == 0)
        result = pass_read(clients->written, config->receipts_topic, own.ledger.partition, &partition->receipts,
                           all || all_receipts ? INT64_MIN : own.since_ms - own.window_ms - AUDIT_CLOCKS_MS, take_receipt,
                           &pass, &receipts_from_ms, err);
    if (result == 0)
        result = pass_read(clients->written, config->dead_topic, own.ledger.partition, &partition->dead,
                           all ? INT64_MIN : own.since_ms - AUDIT_CLOCKS_MS, take_dead_letter, &pass,
                           &letters_from_ms, err);
    if (result == 0)
        audit_finish(out, receipts_from_ms, letters_from_ms);
    sodium_memzero(&own, sizeof(own));
    return result;
}
