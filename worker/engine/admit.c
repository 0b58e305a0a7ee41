#include "engine/admit.h"

#include <stdlib.h>

#include "base/mem.h"
#include "engine/deadline.h"
#include "engine/internal.h"
#include "engine/log_check.h"
#include "engine/release.h"
#include "engine/settle.h"
#include "engine/wake.h"

static struct account *account_of(const struct engine *engine, struct span name)
{
    struct map_node *node = map_find(&engine->accounts, name);
    return node == NULL ? NULL : MAP_ENTRY(node, struct account, node);
}

static bool account_exists(const void *engine, struct span name)
{
    return account_of(engine, name) != NULL;
}

/* What the receipt says of an event; nothing of one that is not authentic, but which key it names, for the metrics. */
static void admit_facts(struct engine *engine, struct job *job, const struct event *event)
{
    job->authentic = event->authentic;
    if (event->entry != NULL)
        job->key_id = event->envelope.key_id;
    if (!event->authentic)
        return;
    job->event_id = event->envelope.event_id;
    job->signed_at_s = event->envelope.timestamp_s;
    job->sender = mem_copy(span_of(event->entry->sender));
    if (event->has_payload)
        job->account = account_of(engine, event->payload.account);
    if (job->account != NULL)
        job->account->memory_used += job->size;
}

/* What is to be done for it. Where its account is none of ours there is nothing to post; but whether it is in doubt stays
 * known, also to the next owner. */
static void admit_delivery(struct engine *engine, struct job *job, const struct payload *payload, bool in_doubt)
{
    struct delivery_limits limits = engine->options.limits;
    int64_t within_ms = 0;
    if (job->account != NULL) {
        const struct account_options *account = &job->account->options;
        const struct message_options options = {.widget_host = account->widget_host,
                                                .email_given = account->email_given,
                                                .event_name =
                                                    engine->options.name_events ? job->event_id : SPAN_NONE};
        job->detail.text[0] = 0;
        message_init(&job->message, payload, &job->marks[0], &options);
        job_grow(engine, job, message_size(&job->message));
        within_ms = account_deliver_within_ms(job->account, payload->deliver_within_s);
        limits.email_given = account->email_given;
        limits.reopen = account->reopen;
        limits.unassign = account->unassign;
        limits.refuse_ambiguous = account->refuse_ambiguous;
    }
    deadline_begin(engine, job, within_ms);
    delivery_init(&job->delivery, payload, &limits, deadline_of(engine, job));
    job->delivery.trace = engine->options.trace;
    if (in_doubt)
        delivery_doubt(&job->delivery, job->partition->in_doubt_absent_from, 2,
                       "an earlier owner may have posted it");
}

/* OUTCOME_BACKLOG where the account has no room for it: it stands in the queue until its receipt is acknowledged, as
 * any failed one. One in doubt is let in all the same: it may have been shown. So is what the keyring does not grant, or of an
 * account that is none of ours, for an earlier owner may have had another keyring, and more accounts: it is refused at the
 * head of its queue, see judge_head. What comes while another may have the partition, and decide otherwise, waits for that to
 * be known: see commit_moved. */
static enum outcome admit_to_queue(struct engine *engine, struct job *job, const struct event *event)
{
    struct span key = job->record->key, sender = span_of(job->sender);
    job->ttl_s = event->payload.ttl_s;
    job->marks[job->mark_count++] = identity_of(&engine->identity_key, key, sender, job->event_id);
    if (engine->has_previous)
        job->marks[job->mark_count++] =
            identity_of(&engine->previous_identity_key, key, sender, job->event_id);
    bool in_doubt = job->record->offset < job->partition->in_doubt_end;
    job->queue = queues_take(&engine->queues, key);
    queue_push(job->queue, &job->in_queue);
    size_t share = job->account == NULL ? 0 : job->account->options.memory_bytes;
    job->no_room = !in_doubt && share > 0 && job->account->memory_used + job->size > share;
    if (job_may_be_refused(engine, job))
        return job_refuse(engine, job);
    admit_delivery(engine, job, &event->payload, in_doubt);
    return OUTCOME_NONE;
}

/* Whether the receipt that the record has may be false. One that was cut off from Kafka wrote it late: after another, which
 * did not know of it, had posted the event, and died before its own. So a receipt says that the message is not there only
 * when it is proven; that it is there, or that another was before it, no later post makes false. */
static bool admit_doubts(const struct partition *partition, const struct record *record, enum outcome told)
{
    return record->offset < partition->in_doubt_end && told != OUTCOME_DELIVERED && told != OUTCOME_DUPLICATE;
}

void admit(struct engine *engine, struct partition *partition, const struct record *record)
{
    uint32_t stamp = offsets_stamp(record->timestamp_ms);
    if (partition->state != PARTITION_RUNNING)
        return;
    if (!offsets_read(&partition->offsets, record->offset, stamp)) {
        if (!offsets_knows(&partition->offsets, record->offset, stamp))
            release_changed(engine, partition, record->offset);
        return;
    }
    log_check_read(engine, partition, record->offset, stamp);
    enum outcome told = receipted_take(&partition->receipted, record, engine->options.hash_key);
    if (told != OUTCOME_NONE && !admit_doubts(partition, record, told)) {
        offsets_settle(&partition->offsets, record->offset);
        return;
    }
    struct job *job = job_new(engine, partition, record);
    job->told = told;
    partition->doubted += told != OUTCOME_NONE;
    partition->admitted.ms = job->admitted_at_ms;
    const struct event_rules rules = {engine->keyring, engine->options.partitioner,
                                      engine->options.partition_count, account_exists, engine};
    struct event event;
    enum outcome outcome = event_open(&event, job->record, &rules, &job->detail);
    admit_facts(engine, job, &event);
    if (outcome == OUTCOME_NONE || (outcome == OUTCOME_ACCOUNT_NOT_GRANTED && event.has_route))
        outcome = admit_to_queue(engine, job, &event);
    event_done(&event);
    if (outcome != OUTCOME_NONE && told != OUTCOME_NONE) {
        settle_as_told(engine, job); /* nobody can have posted it */
        return;
    }
    if (outcome != OUTCOME_NONE) {
        settle(engine, job, outcome);
        return;
    }
    if (job->queue->head == &job->in_queue)
        wake_queue(engine, job->queue);
}
