#include "gate/follower.h"

#include <jansson.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/record.h"
#include "gate/history.h"
#include "gate/spell.h"
#include "kafka/reader.h"
#include "kafka/record_of.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/mark_secret.h"
#include "os/thread.h"
#include "receipt/receipt.h"

#define POLL_MS 200
/* How many older receipts of each partition are read at the start: for those who ask for one, and for the history of what the gate
 * signed. */
#define TAIL_EACH    500
#define HISTORY_EACH 20000

struct follower {
    struct gate *gate;
    const struct config *config; /* the gate's */
    rd_kafka_t *rk;
    struct reader *reader;
    int64_t *tails; /* by partition: where what is for all begins */
    int64_t *next;  /* by partition: behind the last one that was read */
    int32_t partition_count;
    struct thread thread;
    bool other_version_told;
    atomic_ullong foreign_count; /* receipts without a good code */
    struct spell foreign;
    atomic_bool ending;
    unsigned char keys[2][32]; /* of the codes: the present mark secret's, and the one's before it */
    size_t key_count;
};

/* ---- the thread ---- */

static bool follower_believes(const struct follower *follower, int32_t partition, const struct record *record)
{
    for (size_t i = 0; i < follower->key_count; i++)
        if (receipt_has_mac(follower->keys[i], span_of(follower->config->receipts_topic), partition, record))
            return true;
    return false;
}

/* The event's account and id are known. */
static void follower_tell(const struct follower *follower, const struct record *record,
                          const struct receipt *receipt, const json_t *json)
{
    struct gate *gate = follower->gate;
    const struct receipt_seen seen = {.partition = record->partition,
                                      .offset = record->offset,
                                      .routing_key = record->key,
                                      .event_id = receipt->event_id,
                                      .account = receipt->account,
                                      .event_partition = receipt->partition,
                                      .event_offset = receipt->offset,
                                      .outcome = receipt->outcome,
                                      .json = record->value};
    const struct history_entry entry = {.routing_key = record->key,
                                        .event_id = receipt->event_id,
                                        .signed_at_ms = receipt->signed_at_s != 0
                                                            ? receipt->signed_at_s * 1000
                                                            : receipt->record_timestamp_ms};
    if (gate->sender != NULL && span_equal(receipt->sender, span_of(gate->sender)))
        history_settle(gate->history, &entry, json);
    if (record->offset >= follower->tails[record->partition])
        receipts_add(gate->receipts, &seen);
}

/* Once: it is the same of all that come. */
static void follower_tell_other_version(struct follower *follower, const struct record *record)
{
    if (follower->other_version_told)
        return;
    follower->other_version_told = true;
    log_say(LOG_LEVEL_WARNING, "other_version",
            "%s/%d/%lld is a receipt of another version of cupbearer: ignored, as all like it; use the newer one",
            follower->config->receipts_topic, (int)record->partition, (long long)record->offset);
}

/* All of a topic may be such, so only the first is told. */
static void follower_ignore(struct follower *follower, const struct record *record)
{
    if (spell_begins(&follower->foreign, ++follower->foreign_count, clock_now().mono))
        log_say(LOG_LEVEL_WARNING, "receipt_ignored",
                "%s/%d/%lld has no good code: the workers have another mark secret than this gate, or somebody else writes to the "
                "topic. What comes like it is only counted (cupbearer_foreign_receipts_total)",
                follower->config->receipts_topic, (int)record->partition, (long long)record->offset);
}

/* Where the topic was made again, or has lost its tail, librdkafka goes on at its beginning: what is for all begins elsewhere. */
static void follower_advance(struct follower *follower, const struct record *record)
{
    int64_t low, end, *next = &follower->next[record->partition];
    if (record->offset < *next) {
        rd_kafka_resp_err_t code =
            kafka_watermarks(follower->rk, follower->config->receipts_topic, record->partition, &low, &end);
        follower->tails[record->partition] = code == RD_KAFKA_RESP_ERR_NO_ERROR ? end - TAIL_EACH : record->offset;
    }
    *next = record->offset + 1;
}

static void follower_take(struct follower *follower, const struct record *record)
{
    struct receipt receipt;
    json_t *json;
    if (record->partition >= follower->partition_count)
        return;
    follower_advance(follower, record);
    bool believed = follower_believes(follower, record->partition, record);
    if (!believed && receipt_is_of_other_version(record)) {
        follower_tell_other_version(follower, record);
        return;
    }
    if (!believed) {
        follower_ignore(follower, record);
        return;
    }
    if (receipt_read(record->value, &receipt, &json, NULL) != 0)
        return;
    if (receipt.event_id.data != NULL && receipt.account.data != NULL &&
        span_equal(receipt.topic, span_of(follower->config->events_topic)))
        follower_tell(follower, record, &receipt, json);
    json_decref(json);
}

static void follower_record(void *data, const rd_kafka_message_t *message)
{
    struct record record;
    struct header headers[RECORD_HEADERS];
    record_of(message, headers, &record);
    follower_take(data, &record);
}

static void *follower_run(void *data)
{
    struct follower *follower = data;
    while (!follower->ending)
        if (!reader_turn(follower->reader))
            reader_wait(follower->reader, POLL_MS);
    return NULL;
}

/* ---- start and end ---- */

static int follower_read_key(struct follower *follower, const char *path, struct err *err)
{
    struct key mark_secret;
    if (path == NULL)
        return 0;
    if (mark_secret_read(path, &mark_secret, err) != 0)
        return -1;
    receipt_mac_key(&mark_secret, follower->keys[follower->key_count++]);
    key_done(&mark_secret);
    return 0;
}

/* Where a partition is read from. -1 with err. */
static int follower_place(struct follower *follower, int32_t partition, int64_t *from, struct err *err)
{
    int64_t low, end;
    rd_kafka_resp_err_t code =
        kafka_watermarks(follower->rk, follower->config->receipts_topic, partition, &low, &end);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_UNREACHABLE, "receipts cannot be read: %s", rd_kafka_err2str(code));
    int64_t each = follower->gate->sender != NULL ? HISTORY_EACH : TAIL_EACH;
    follower->tails[partition] = end - TAIL_EACH;
    *from = end - each > low ? end - each : low;
    return 0;
}

static int follower_read(struct follower *follower, struct err *err)
{
    static const struct reader_calls calls = {.record = follower_record};
    follower->reader = reader_with(follower->rk, follower->config->receipts_topic, &calls, follower, err);
    if (follower->reader == NULL)
        return -1;
    for (int32_t i = 0; i < follower->partition_count; i++) {
        int64_t from = 0;
        if (follower_place(follower, i, &from, err) != 0)
            return -1;
        reader_read(follower->reader, i, from, INT64_MAX);
    }
    const char *fatal = reader_fatal(follower->reader);
    return fatal == NULL ? 0 : err_set(err, ERR_UNREACHABLE, "%s", fatal);
}

static int follower_start(struct follower *follower, struct err *err)
{
    const struct kafka_setting settings[] = {{"fetch.wait.max.ms", "100"}, {NULL, NULL}};
    if (follower_read_key(follower, follower->config->mark_secret_file, err) != 0 ||
        follower_read_key(follower, follower->config->mark_secret_previous_file, err) != 0)
        return -1;
    follower->rk = kafka_bystander_new(follower->config, KAFKA_READ_ALL, settings, err);
    if (follower->rk == NULL || follower_read(follower, err) != 0)
        return -1;
    return thread_start(&follower->thread, follower_run, follower, "receipts", err);
}

struct follower *follower_new(struct gate *gate, int32_t partition_count, struct err *err)
{
    struct follower *follower = mem_new(1, sizeof(*follower));
    follower->gate = gate;
    follower->config = gate->config;
    follower->partition_count = partition_count;
    follower->tails = mem_new((size_t)partition_count, sizeof(*follower->tails));
    follower->next = mem_new((size_t)partition_count, sizeof(*follower->next));
    if (follower_start(follower, err) == 0)
        return follower;
    follower_free(follower);
    return NULL;
}

void follower_free(struct follower *follower)
{
    if (follower == NULL)
        return;
    follower->ending = true;
    thread_join(&follower->thread);
    reader_free(follower->reader);
    if (follower->rk != NULL)
        rd_kafka_destroy_flags(follower->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    sodium_memzero(follower->keys, sizeof(follower->keys));
    free(follower->tails);
    free(follower->next);
    free(follower);
}

uint64_t follower_foreign(const struct follower *follower)
{
    return follower->foreign_count;
}
