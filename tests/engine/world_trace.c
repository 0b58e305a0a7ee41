/* The header traceparent of records, good ones and others, and whether what engines ask and write tells the same. A header beside
 * it, which engines do not know, says what is to be taken of it. */
#include <stdio.h>

#include "base/json.h"
#include "engine/accounts.h"
#include "engine/internal.h"
#include "receipt/dead_letter.h"
#include "world.h"
#include "world_take.h"

#define NAME  "traceparent"
#define TAKEN "world-taken"

enum kind {
    GOOD,
    GOOD_TOO,
    GOOD_AS_WELL,
    CAPITALS,
    LATER_VERSION,
    NO_VERSION,
    SHORT,
    LONG,
    NO_TRACE,
    NO_PARENT,
    TWICE,
    AND_NULL,
    KINDS,
};

/* What becomes of a good one; true: it still is one. */
static bool trace_spoil(char *text, enum kind kind)
{
    switch (kind) {
    case CAPITALS:
        for (char *c = text; *c != 0; c++)
            *c = (char)(*c >= 'a' && *c <= 'f' ? *c - 'a' + 'A' : *c);
        return false;
    case LATER_VERSION:
        text[1] = '1';
        return false;
    case NO_VERSION:
        memset(text, 'f', 2);
        return false;
    case SHORT:
        text[strlen(text) - 1] = 0;
        return false;
    case LONG:
        strcat(text, "-x");
        return false;
    case NO_TRACE:
        memset(text + 3, '0', 32);
        return false;
    case NO_PARENT:
        memset(text + 36, '0', 16);
        return false;
    case TWICE:
    case AND_NULL:
        return false;
    case GOOD:
    case GOOD_TOO:
    case GOOD_AS_WELL:
    case KINDS:
        break;
    }
    return true;
}

void world_trace_init(struct world_trace *trace, uint64_t number)
{
    enum kind kind = (enum kind)(number % KINDS);
    uint64_t id = number | 0xa000000000000001; /* with a letter in it */
    trace->count = 0;
    if (number == 0)
        return;
    snprintf(trace->text, sizeof(trace->text), "00-%016llx%016llx-%016llx-%02x", (unsigned long long)id, (unsigned long long)id * 3,
             (unsigned long long)id * 5, (unsigned)(number >> 8 & 0xff));
    bool taken = trace_spoil(trace->text, kind);
    trace->headers[trace->count++] = (struct header){SPAN(NAME), span_of(trace->text)};
    if (kind == TWICE || kind == AND_NULL)
        trace->headers[trace->count++] = (struct header){SPAN(NAME), kind == TWICE ? span_of(trace->text) : SPAN_NONE};
    if (taken)
        trace->headers[trace->count++] = (struct header){SPAN(TAKEN), span_of(trace->text)};
}

static void check(struct world *world, const char *what, const struct record *record, struct span told)
{
    struct span taken = record == NULL ? SPAN_NONE : fake_log_header(record, TAKEN);
    if (!span_equal(told, taken) || (told.data == NULL) != (taken.data == NULL))
        world_fail(world, "%s has the traceparent '%.*s', and its record '%.*s'", what, SPAN_ARGS(told), SPAN_ARGS(taken));
}

/* NULL where that worker may have read another one. */
static const struct record *record_at(const struct world *world, int worker, int32_t partition, int64_t offset)
{
    const struct record *record = fake_log_event(&world->log.partitions[partition], offset);
    bool is_there = record != NULL && record->offset == offset && !world_is_behind(world, worker, partition);
    return is_there ? record : NULL;
}

static void check_letter(struct world *world, int worker, const struct record *letter)
{
    int64_t source = dead_letter_offset(fake_log_header(letter, DEAD_LETTER_SOURCE), FAKE_EVENTS, letter->partition);
    const struct record *record = record_at(world, worker, letter->partition, source);
    if (record != NULL && letter->key.data != NULL) /* else it has none of the record's headers */
        check(world, "a dead letter", record,
              fake_log_header(letter, TAKEN).data == NULL ? SPAN_NONE : fake_log_header(letter, NAME));
}

void world_check_produced_trace(struct world *world, const struct world_produce *produce)
{
    struct receipt receipt;
    struct json_t *root = NULL;
    if (strcmp(produce->topic, FAKE_RECEIPTS) != 0) {
        check_letter(world, produce->worker, produce->record);
        return;
    }
    if (receipt_read(produce->record->value, &receipt, &root, NULL) != 0)
        return; /* said already */
    const struct record *record = record_at(world, produce->worker, receipt.partition, receipt.offset);
    if (record != NULL)
        check(world, "a receipt", record, json_member_span(root, NAME));
    json_decref(root);
}

void world_check_effect_trace(struct world *world, int worker, const struct effect *effect)
{
    struct engine *engine = world->workers[worker].engine;
    const struct pending *pending = slots_find(&engine->requests, effect->handle);
    const struct job *job = pending == NULL ? NULL : slots_find(&engine->jobs, pending->job);
    bool of_none = effect->trouble.event_id.data == NULL;
    const struct record *record;
    if (effect->type == EFFECT_REQUEST) {
        check(world, "a request", job == NULL ? NULL : job->record, effect->traceparent);
    } else if (effect->type == EFFECT_SETTLED) {
        record = record_at(world, worker, effect->partition, effect->settled.offset);
        if (record != NULL)
            check(world, "what is settled", record, effect->traceparent);
    } else if (effect->type == EFFECT_TROUBLE) {
        record = record_at(world, worker, effect->partition, effect->trouble.offset);
        if (record != NULL || of_none)
            check(world, "trouble", of_none ? NULL : record, effect->traceparent);
    }
}
