#include "world_end.h"

#include "world_audit.h"

/* Every record has its receipt, one unless somebody was cut off, or the next owner has found what the first one calls
 * failed, or could not read it; a rejected or failed one a dead letter. */
static void check_record(struct world *world, const struct fake_partition *log, const struct record *record)
{
    size_t receipts = fake_log_receipts(log, record->offset);
    enum outcome outcome = fake_log_outcome(log, record->offset);
    bool corrected = outcome == OUTCOME_DELIVERED || outcome == OUTCOME_UNKNOWN;
    /* What is wrong with the record itself is said by both of one name, who ask no lease for that. */
    bool twice = world->any_ousted && outcome_is_rejected(outcome);
    if (receipts == 0 || (receipts > 1 && !world->cut_off && !corrected && !twice))
        world_fail(world, "%d/%lld has %zu receipts", (int)record->partition, (long long)record->offset,
                   receipts);
    if (outcome_has_dead_letter(outcome) && !fake_log_is_dead(log, record->offset))
        world_fail(world, "%d/%lld is %s and has no dead letter", (int)record->partition,
                   (long long)record->offset, outcome_reason(outcome));
    bool vague = world->options.email_given &&
                 memmem(record->value.data, record->value.size, "\"email\"", strlen("\"email\"")) == NULL;
    world_check_key_outcome(world, record, outcome);
    const struct world_target target = world_target(record->key);
    bool by_name = target.form == 'e';
    if ((outcome == OUTCOME_CUSTOMER_NOT_FOUND || outcome == OUTCOME_CONVERSATION_NOT_FOUND) && !by_name &&
        world_knows_target(world, &target))
        world_fail(world, "%d/%lld is %s, and %.*s is there", (int)record->partition, (long long)record->offset,
                   outcome_reason(outcome), SPAN_ARGS(record->key));
    if (outcome == OUTCOME_CUSTOMER_NOT_FOUND && by_name && !vague)
        world_fail(world, "%d/%lld has no customer, and says all that one is made of", (int)record->partition,
                   (long long)record->offset);
}

static bool is_same_event(const struct record *a, const struct record *b)
{
    return span_equal(a->key, b->key) &&
           span_equal(fake_log_header(a, "webhook-id"), fake_log_header(b, "webhook-id"));
}

static bool message_is_of(const struct world *world, const struct fake_message *message,
                          const struct record *record)
{
    return span_equal(span_of(message->event), fake_log_header(record, "webhook-id")) &&
           world_is_to(world, message, record->key);
}

static bool is_first_of(const struct fake_partition *log, const struct record *record)
{
    for (size_t i = 0; i < log->event_count; i++)
        if (is_same_event(log->events[i], record))
            return log->events[i] == record;
    return false;
}

/* Of an event that had a record in a tail that was lost nobody can tell here by which one it was delivered. */
static bool is_partly_gone(const struct fake_partition *log, const struct record *record)
{
    for (size_t i = 0; i < log->gone_count; i++)
        if (is_same_event(log->gone[i], record))
            return true;
    return false;
}

/* An event is shown once where one of its records was delivered, and not at all where none was. The mark is the
 * event's: when the receipts of two of its records come late, the next owner may find the one's message for the other. */
static void check_event(struct world *world, const struct fake_partition *log, const struct record *record)
{
    unsigned shown = 0, delivered = 0, unknown = 0;
    if (is_partly_gone(log, record))
        return;
    for (size_t i = 0; i < log->event_count; i++) {
        if (!is_same_event(log->events[i], record))
            continue;
        enum outcome outcome = fake_log_outcome(log, log->events[i]->offset);
        delivered += outcome == OUTCOME_DELIVERED;
        unknown += outcome == OUTCOME_UNKNOWN; /* "it may have been shown" */
    }
    for (unsigned i = 0; i < world->papercups.message_count; i++)
        shown += message_is_of(world, &world->papercups.messages[i], record);
    if (world->options.breaches_are_counted) {
        world->duplicated += shown > 1 && is_first_of(log, record);
        world->misreported += (shown > 0) != (delivered > 0) && is_first_of(log, record);
        return;
    }
    if (delivered == 0 && unknown > 0 && shown <= 1)
        return;
    if (shown != (delivered > 0) || (delivered > 1 && !world->cut_off))
        world_fail(world, "the event of %d/%lld was delivered %u times and is shown %u times",
                   (int)record->partition, (long long)record->offset, delivered, shown);
}

/* The offset of the record by which a message was delivered; -1: none of this partition, or one that was told as unknown
 * before: it may have been shown then, or have come again. */
static int64_t message_offset(const struct world *world, const struct fake_partition *log,
                              const struct fake_message *message)
{
    for (size_t i = 0; i < log->event_count; i++) {
        enum outcome outcome = fake_log_outcome(log, log->events[i]->offset);
        if ((outcome == OUTCOME_DELIVERED || outcome == OUTCOME_UNKNOWN) &&
            message_is_of(world, message, log->events[i]))
            return outcome == OUTCOME_UNKNOWN ? -1 : log->events[i]->offset;
    }
    return -1;
}

/* That of the last record of its event: it may have been posted for that one, and found for the one that is told as
 * delivered, whose receipt was lost. */
static int64_t message_latest(const struct world *world, const struct fake_partition *log,
                              const struct fake_message *message)
{
    int64_t latest = -1;
    for (size_t i = 0; i < log->event_count; i++)
        if (message_is_of(world, message, log->events[i]))
            latest = log->events[i]->offset;
    return latest;
}

static bool have_one_address(const struct fake_partition *log, int64_t a, int64_t b)
{
    return span_equal(fake_log_event(log, a)->key, fake_log_event(log, b)->key);
}

/* The same bytes of what has failed are a duplicate; only backlog is as good as never published. */
static void check_repeats(struct world *world, const struct fake_partition *log, const struct record *record)
{
    struct span signature = fake_log_header(record, "webhook-signature");
    enum outcome before = fake_log_outcome(log, record->offset);
    if (!outcome_is_failed(before) || before == OUTCOME_BACKLOG)
        return;
    for (size_t i = 0; i < log->event_count; i++)
        if (log->events[i]->offset > record->offset &&
            span_equal(fake_log_header(log->events[i], "webhook-signature"), signature) &&
            fake_log_outcome(log, log->events[i]->offset) == OUTCOME_DELIVERED)
            world_fail(world, "the bytes of %d/%lld, which is %s, are delivered at %lld",
                       (int)record->partition, (long long)record->offset, outcome_reason(before),
                       (long long)log->events[i]->offset);
}

static void check_order(struct world *world, const struct fake_partition *log)
{
    const struct fake_message *messages = world->papercups.messages;
    for (unsigned i = 0; i < world->papercups.message_count; i++) {
        int64_t offset = message_offset(world, log, &messages[i]);
        for (unsigned j = i + 1; j < world->papercups.message_count && offset >= 0; j++) {
            int64_t later = message_offset(world, log, &messages[j]);
            int64_t latest = message_latest(world, log, &messages[j]);
            bool ahead = offset >= log->ahead && latest < log->ahead;
            if (later >= 0 && latest < offset && !ahead && have_one_address(log, offset, later))
                world_fail(world, "%s is shown before %s, which was published first", messages[i].event,
                           messages[j].event);
        }
    }
}

void world_end_check(struct world *world)
{
    for (int32_t p = 0; p < world->log.count; p++) {
        const struct fake_partition *log = &world->log.partitions[p];
        for (size_t i = 0; i < log->event_count; i++) {
            check_record(world, log, log->events[i]);
            check_event(world, log, log->events[i]);
            if (!world->options.breaches_are_counted)
                check_repeats(world, log, log->events[i]);
        }
        if (!world->options.breaches_are_counted)
            check_order(world, log);
        if (log->event_count > 0 && log->committed <= log->events[log->event_count - 1]->offset)
            world_fail(world, "partition %d is committed to %lld, and its last record is %lld", (int)p,
                       (long long)log->committed, (long long)log->events[log->event_count - 1]->offset);
    }
    world_check_shown(world);
    world_audit(world);
    for (int i = 0; i < world->options.worker_count; i++)
        if (engine_unsettled(world->workers[i].engine) > 0 || engine_requests(world->workers[i].engine) > 0)
            world_fail(world, "something is left in worker %d", i);
}
