#include "run/inputs.h"

#include "kafka/record_of.h"
#include "kafka/topic_checks.h"
#include "run/loop_log.h"
#include "run/perform.h"

static void inputs_assigned(void *context, const struct assigned *assigned)
{
    perform_input(context, &(struct input){.type = INPUT_ASSIGNED,
                                       .partition = assigned->partition,
                                       .offset = assigned->offset,
                                       .begin = assigned->begin,
                                       .end = assigned->end,
                                       .last_stamp = assigned->last_stamp,
                                       .seen_stamp = assigned->seen_stamp,
                                       .never_committed = assigned->never_committed,
                                       .metadata = assigned->metadata});
}

void inputs_looked_up(void *context, const struct inquiry_answer *answer)
{
    struct loop *loop = context;
    if (answer->kind != INQUIRY_RECEIPTS)
        consumer_looked_up(loop->consumer, answer);
    else if (loop->reader != NULL)
        reader_looked_up(loop->reader, answer);
}

void inputs_log_checked(void *context, const struct log_check *check)
{
    struct loop *loop = context;
    if (consumer_log_checked(loop->consumer, check))
        return;
    perform_input(context, &(struct input){.type = INPUT_LOG_CHECKED,
                                       .partition = check->partition,
                                       .handle = check->handle,
                                       .offset = check->offset,
                                       .begin = check->begin,
                                       .last_stamp = check->stamp});
}

static void inputs_receipt(void *context, const rd_kafka_message_t *message)
{
    struct record record;
    struct header headers[RECORD_HEADERS];
    record_of(message, headers, &record);
    perform_input(context,
              &(struct input){.type = INPUT_RECEIPT, .partition = record.partition, .record = &record});
}

static void inputs_rebuilt(void *context, int32_t partition, int64_t end)
{
    perform_input(context, &(struct input){.type = INPUT_REBUILT, .partition = partition, .offset = end});
}

const struct reader_calls inputs_reader = {.record = inputs_receipt, .finished = inputs_rebuilt};

static void inputs_revoked(void *context, int32_t partition, bool lost)
{
    perform_input(context, &(struct input){.type = lost ? INPUT_LOST : INPUT_REVOKED, .partition = partition});
}

static void inputs_rebalanced(void *context, enum rebalance rebalance, int count)
{
    struct loop *loop = context;
    loop->metrics.rebalances[rebalance]++;
    loop_log_rebalance(rebalance, count);
}

static void inputs_record(void *context, const struct record *record)
{
    perform_input(context, &(struct input){.type = INPUT_RECORD, .record = record});
}

static bool inputs_wanted(void *context)
{
    const struct loop *loop = context;
    return engine_has_room(loop->engine);
}

static size_t inputs_held(void *context, int32_t partition)
{
    const struct loop *loop = context;
    return engine_held(loop->engine, partition);
}

static void inputs_committed(void *context, int32_t partition, uint64_t handle, bool ok)
{
    struct loop *loop = context;
    if (ok)
        loop->metrics.committed_at = loop->now.wall;
    perform_input(context,
              &(struct input){.type = INPUT_COMMITTED, .partition = partition, .handle = handle, .ok = ok});
}

static void inputs_gone(void *context)
{
    loop_log_gone(context);
}

static void inputs_unserved(void *context, int32_t served, size_t count)
{
    const struct loop *loop = context;
    topic_tell_added(loop->config, served, (int32_t)count);
}

const struct consumer_calls inputs_consumer = {.assigned = inputs_assigned,
                                               .revoked = inputs_revoked,
                                               .rebalanced = inputs_rebalanced,
                                               .record = inputs_record,
                                               .wanted = inputs_wanted,
                                               .held = inputs_held,
                                               .committed = inputs_committed,
                                               .gone = inputs_gone,
                                               .unserved = inputs_unserved};

void inputs_produced(void *context, engine_handle handle, enum produced produced, int64_t offset, int64_t stamp_ms)
{
    perform_input(context, &(struct input){.type = INPUT_PRODUCED,
                                       .handle = handle,
                                       .produced = produced,
                                       .offset = offset,
                                       .stamp_ms = stamp_ms});
}

void inputs_answered(void *context, uint64_t handle, const struct reply *reply)
{
    perform_input(context, &(struct input){.type = INPUT_ANSWERED, .handle = handle, .reply = reply});
}

static void inputs_keyring(void *context, struct keyring *keyring)
{
    perform_input(context, &(struct input){.type = INPUT_KEYRING, .keyring = keyring});
}

static void inputs_api_key(void *context, size_t account)
{
    perform_input(context, &(struct input){.type = INPUT_API_KEY, .account = account});
}

const struct files_calls inputs_files = {.keyring = inputs_keyring, .api_key = inputs_api_key};
