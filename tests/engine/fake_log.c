#include "fake_log.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "progress/offsets.h"
#include "receipt/receipt.h"

void fake_log_init(struct fake_log *log, int32_t partition_count)
{
    *log = (struct fake_log){.count = partition_count};
    log->partitions = mem_new((size_t)partition_count, sizeof(*log->partitions));
    for (int32_t i = 0; i < partition_count; i++)
        log->partitions[i] = (struct fake_partition){.committed = -1, .ahead = INT64_MAX};
}

static void fake_partition_done(struct fake_partition *partition)
{
    for (size_t i = 0; i < partition->event_count; i++)
        free(partition->events[i]);
    for (size_t i = 0; i < partition->receipt_count; i++)
        free(partition->receipts[i].record);
    for (size_t i = 0; i < partition->dead_count; i++)
        free(partition->dead[i]);
    for (size_t i = 0; i < partition->gone_count; i++)
        free(partition->gone[i]);
    free(partition->gone);
    free(partition->events);
    free(partition->receipts);
    free(partition->dead);
}

void fake_log_done(struct fake_log *log)
{
    for (int32_t i = 0; i < log->count; i++)
        fake_partition_done(&log->partitions[i]);
    free(log->partitions);
    *log = (struct fake_log){0};
}

/* Room for one more: lists double when their count is a power of two. */
static void *fake_grow(void *list, size_t count, size_t size)
{
    return (count & (count - 1)) == 0 ? mem_grow(list, count == 0 ? 1 : count * 2, size) : list;
}

const struct record *fake_log_publish(struct fake_log *log, const struct record *record)
{
    struct fake_partition *partition = &log->partitions[record->partition];
    partition->events = fake_grow(partition->events, partition->event_count, sizeof(*partition->events));
    struct record *copy = record_copy(record);
    copy->offset = partition->end++;
    return partition->events[partition->event_count++] = copy;
}

static struct fake_receipt fake_receipt_of(struct record *record)
{
    struct receipt receipt;
    struct json_t *root = NULL;
    struct fake_receipt written = {record, -1, -1, OUTCOME_NONE};
    if (receipt_read(record->value, &receipt, &root, NULL) == 0 &&
        span_equal(receipt.topic, SPAN(FAKE_EVENTS))) {
        written.of = receipt.offset;
        written.of_ms = receipt.record_timestamp_ms;
        written.outcome = receipt.outcome;
    }
    json_decref(root);
    return written;
}

enum outcome fake_receipt_outcome(const struct record *receipt)
{
    return fake_receipt_of((struct record *)(uintptr_t)receipt).outcome;
}

int64_t fake_log_write(struct fake_log *log, const char *topic, const struct record *record)
{
    struct fake_partition *partition = &log->partitions[record->partition];
    struct record *copy = record_copy(record);
    if (strcmp(topic, FAKE_RECEIPTS) == 0) {
        partition->receipts =
            fake_grow(partition->receipts, partition->receipt_count, sizeof(*partition->receipts));
        copy->offset = (int64_t)partition->receipt_count;
        partition->receipts[partition->receipt_count++] = fake_receipt_of(copy);
    } else {
        assert(strcmp(topic, FAKE_DEAD) == 0);
        partition->dead = fake_grow(partition->dead, partition->dead_count, sizeof(*partition->dead));
        copy->offset = (int64_t)partition->dead_count;
        partition->dead[partition->dead_count++] = copy;
    }
    return copy->offset;
}

void fake_log_make_again(struct fake_log *log, int32_t partition)
{
    struct fake_partition *made = &log->partitions[partition];
    for (size_t i = 0; i < made->event_count; i++)
        free(made->events[i]);
    free(made->events);
    made->events = NULL;
    made->event_count = 0;
    made->begin = made->end = 0;
    made->generation++;
    made->made_again = true;
    made->ahead = INT64_MAX;
    made->committed = -1;
    made->committed_generation = made->generation;
    made->metadata[0] = 0;
    for (size_t i = 0; i < made->receipt_count; i++)
        made->receipts[i].of = -1;
    for (size_t i = 0; i < made->dead_count; i++)
        free(made->dead[i]);
    made->dead_count = 0;
}

void fake_log_cut(struct fake_log *log, int32_t partition, int64_t end)
{
    struct fake_partition *cut = &log->partitions[partition];
    while (cut->event_count > 0 && cut->events[cut->event_count - 1]->offset >= end) {
        cut->gone = fake_grow(cut->gone, cut->gone_count, sizeof(struct record *));
        cut->gone[cut->gone_count++] = cut->events[--cut->event_count];
    }
    cut->end = end;
    bool counts = cut->committed_generation == cut->generation && cut->committed <= end;
    cut->generation++;
    cut->made_again = false;
    if (counts)
        cut->committed_generation = cut->generation;
}

void fake_log_commit(struct fake_log *log, int32_t partition, int64_t offset, const char *metadata)
{
    log->partitions[partition].committed = offset;
    log->partitions[partition].committed_generation = log->partitions[partition].generation;
    snprintf(log->partitions[partition].metadata, PROGRESS_TEXT_MAX, "%s", metadata);
}

const struct record *fake_log_event(const struct fake_partition *partition, int64_t from)
{
    size_t low = 0, high = partition->event_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (partition->events[middle]->offset < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low == partition->event_count ? NULL : partition->events[low];
}

int64_t fake_log_stamp(const struct fake_partition *partition, int64_t offset)
{
    const struct record *record = fake_log_event(partition, offset);
    return record != NULL && record->offset == offset ? record->timestamp_ms : -1;
}

uint32_t fake_log_mark(const struct fake_partition *partition, int64_t offset)
{
    const struct record *record = fake_log_event(partition, offset);
    bool stands = record != NULL && record->offset == offset && offset >= partition->begin;
    return stands ? offsets_stamp(record->timestamp_ms) : 0;
}

/* Or retention has deleted what was there. */
static bool fake_log_holds(const struct fake_partition *log, int64_t offset, uint32_t stamp)
{
    return offset < log->begin || fake_log_mark(log, offset) == stamp;
}

bool fake_log_believed(const struct fake_partition *log, struct progress *out)
{
    if (log->metadata[0] == 0)
        return false;
    if (!progress_read(span_of(log->metadata), out))
        abort();
    if (log->committed < log->begin || log->committed > log->end)
        return false;
    if (!out->has_last && !out->inside && log->committed > log->begin)
        return false;
    return (!out->has_last || fake_log_holds(log, out->last, out->last_stamp)) &&
           (!out->has_seen || fake_log_holds(log, out->seen, out->seen_stamp));
}

bool fake_receipt_is_of(const struct fake_partition *partition, const struct fake_receipt *receipt, int64_t of)
{
    int64_t stamp = fake_log_stamp(partition, of);
    return receipt->of == of && (stamp < 0 || receipt->of_ms == stamp);
}

size_t fake_log_receipts(const struct fake_partition *partition, int64_t of)
{
    size_t count = 0;
    for (size_t i = 0; i < partition->receipt_count; i++)
        count += fake_receipt_is_of(partition, &partition->receipts[i], of);
    return count;
}

enum outcome fake_log_outcome(const struct fake_partition *partition, int64_t of)
{
    enum outcome outcome = OUTCOME_NONE;
    for (size_t i = 0; i < partition->receipt_count; i++) {
        const struct fake_receipt *receipt = &partition->receipts[i];
        if (fake_receipt_is_of(partition, receipt, of) && outcome_outweighs(receipt->outcome, outcome))
            outcome = receipt->outcome;
    }
    return outcome;
}

bool fake_log_is_dead(const struct fake_partition *partition, int64_t of)
{
    for (size_t i = 0; i < partition->dead_count; i++) {
        char source[64];
        snprintf(source, sizeof(source), "%s/%d/%lld", FAKE_EVENTS, (int)partition->dead[i]->partition,
                 (long long)of);
        if (span_equal(fake_log_header(partition->dead[i], "cupbearer-source"), span_of(source)))
            return true;
    }
    return false;
}

size_t fake_log_receipts_from(const struct fake_partition *partition, int64_t offset, int64_t since_ms)
{
    size_t from = 0;
    while (from < partition->receipt_count && partition->receipts[from].record->timestamp_ms < since_ms)
        from++;
    return offset < (int64_t)from ? (size_t)offset : from;
}

struct span fake_log_header(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record->header_count; i++)
        if (span_equal(record->headers[i].name, span_of(name)))
            return record->headers[i].value;
    return SPAN_NONE;
}
