/* What an engine's next steps depend on. Times are how far they are away, and 0 when they are over; handles are what they
 * stand for. Left out: what scene_even() keeps the same; numbers that are only told (statistics, texts, how often
 * something was tried); and what only plays a part after hours, which no run reaches (explore.c sees to it): deadlines
 * of events, the ends of the dedup window, the moments that receipts speak of. */
#include "engine/internal.h"

#include "explore/scene.h"

int64_t mark_left(const struct scene *scene, struct mono at)
{
    if (at.ms >= scene->began.ms + RUN_MOST_MS)
        return -1;
    int64_t left = at.ms - scene->world->now.mono.ms;
    return left < 0 ? 0 : left;
}

int64_t mark_ago(const struct scene *scene, struct mono at, int64_t most)
{
    int64_t ago = scene->world->now.mono.ms - at.ms;
    return ago > most ? most : ago;
}

static void mark_search(struct mark *mark, const struct delivery_search *search)
{
    mark_number(mark, "customers", (int64_t)search->customer_count);
    for (size_t i = 0; i < search->customer_count; i++)
        mark_text(mark, "customer", search->customers[i].text);
    mark_number(mark, "conversations", (int64_t)search->conversation_count);
    for (size_t i = 0; i < search->conversation_count; i++)
        mark_text(mark, "conversation", search->conversations[i].text);
    mark_number(mark, "customer_next", (int64_t)search->customer_next);
    mark_number(mark, "conversation_next", (int64_t)search->conversation_next);
    mark_number(mark, "page", search->page);
}

static void mark_call(struct mark *mark, const struct call *call)
{
    mark_number(mark, "call", call->kind);
    mark_text(mark, "call_id", call->id.text);
    mark_number(mark, "call_page", call->page);
}

static void mark_delivery(struct mark *mark, const struct delivery *d, const struct scene *scene)
{
    mark_number(mark, "step", d->step);
    mark_number(mark, "calling", d->calling);
    mark_number(mark, "wake", mark_left(scene, d->wake));
    mark_number(mark, "tries", d->tries);
    mark_text(mark, "customer", d->customer.text);
    mark_text(mark, "conversation", d->conversation.text);
    mark_number(mark, "resolved", mark_ago(scene, d->resolved_at, CACHE_TTL_MS));
    mark_number(mark, "post_from", mark_left(scene, d->post_from));
    mark_number(mark, "opened", d->opened);
    mark_number(mark, "matches", (int64_t)d->customer_matches);
    mark_number(mark, "page", d->page);
    mark_text(mark, "updated", d->page > 0 ? d->customer_updated_at : "");
    mark_number(mark, "missing", d->missing_since.ms == 0 ? -1 : mark_ago(scene, d->missing_since, d->limits.settle_ms));
    mark_number(mark, "unknown", d->unknown);
    if (d->unknown) {
        mark_number(mark, "absent_from", mark_left(scene, d->absent_from));
        mark_number(mark, "absent_needed", d->absent_needed);
        mark_number(mark, "absent_seen", d->absent_seen);
        mark_number(mark, "readback_counts", mono_reached(d->absent_from, d->readback_started));
        mark_number(mark, "refused_by", d->refused_by);
        mark_search(mark, &d->search);
    }
    mark_number(mark, "attempted", d->attempts > 0);
    mark_number(mark, "refusals", d->refusals);
    mark_number(mark, "was_unassigned", d->was_unassigned);
    mark_number(mark, "acknowledged", d->acknowledged);
    mark_number(mark, "outcome", d->outcome);
}

static void mark_job(struct mark *mark, const struct job *job, const struct scene *scene)
{
    mark_head(mark, "  job");
    mark_number(mark, "offset", job->record->offset);
    mark_number(mark, "state", job->state);
    mark_number(mark, "queued", job->queue != NULL);
    mark_number(mark, "looked_up", job->looked_up);
    mark_number(mark, "judged", job->judged);
    mark_number(mark, "goes_on", job->goes_on);
    mark_number(mark, "refused_since", job->refused_since);
    if (job->state == JOB_CALLING || job->state == JOB_READY)
        mark_call(mark, &job->call);
    mark_number(mark, "told", job->told);
    mark_number(mark, "outcome", job->outcome);
    mark_number(mark, "without_value", job->without_value);
    mark_number(mark, "bare", job->bare);
    mark_number(mark, "producing", job->producing);
    /* Its acknowledgement tells the broker's time, as roughly as that is long ago. */
    mark_number(mark, "produced", job->producing ? mark_ago(scene, job->produced_at, REMOTE_CLOCK_VAGUE_MS + 1) : 0);
    mark_number(mark, "produce_tries", job->produce_tries);
    mark_number(mark, "lettered", job->lettered);
    if (job->outcome == OUTCOME_NONE)
        mark_delivery(mark, &job->delivery, scene);
    else /* what release_job() looks at */
        mark_number(mark, "left_behind", delivery_may_be_shown(&job->delivery));
}

/* Between the events there is nothing, and that counts as settled. */
static void mark_offsets(struct mark *mark, const struct offsets *offsets, const struct fake_partition *log)
{
    mark_number(mark, "low", offsets->low);
    mark_number(mark, "next", offsets->next);
    mark_number(mark, "last", offsets->last);
    mark_number(mark, "start", offsets->start);
    for (size_t i = 0; i < log->event_count; i++) {
        uint64_t at = (uint64_t)log->events[i]->offset;
        bool is_within = log->events[i]->offset >= offsets->low && log->events[i]->offset < offsets->next;
        mark_number(mark, "settled",
                    is_within ? (int64_t)(offsets->bits[(at / 64) & (offsets->words - 1)] >> (at % 64) & 1)
                              : -1);
    }
}

/* What the partition remembers of the events that there are. */
static void mark_memory(struct mark *mark, const struct engine *engine, const struct partition *partition,
                        const struct scene *scene)
{
    const struct fake_partition *log = &scene->world->log.partitions[partition->id];
    for (size_t i = 0; i < log->event_count; i++) {
        const struct record *record = log->events[i];
        struct identity identity =
            identity_of(&engine->identity_key, record->key, SPAN("shop"), fake_log_header(record, HEADER_ID));
        int64_t failed_signed_at_s = 0;
        mark_number(mark, "remembered",
                    window_find(&partition->window, &identity, (struct wall){record->timestamp_ms},
                                &failed_signed_at_s));
    }
    const struct receipted_list *receipted = &partition->receipted;
    mark_number(mark, "receipted", (int64_t)(receipted->count - receipted->next));
    mark_number(mark, "any_receipted", receipted->count > 0);
    for (size_t i = receipted->next; i < receipted->count; i++)
        mark_number(mark, "receipted_at",
                    receipted->list[i].offset * OUTCOME_COUNT + (int64_t)receipted->list[i].outcome);
}

static void mark_commit(struct mark *mark, const struct engine *engine, const struct partition *partition,
                        const struct scene *scene)
{
    mark_number(mark, "committed", partition->committed);
    mark_number(mark, "committing", partition->committing);
    if (partition->committing >= 0) {
        mark_number(mark, "committing_reach", partition->committing_reach);
        mark_number(mark, "commit_sent", mark_ago(scene, partition->commit_sent, engine->options.lease_ms));
        mark_number(mark, "committing_again", partition->committing_again);
    }
    mark_number(mark, "lost_reach", partition->lost_reach);
    mark_number(mark, "lost_until", mark_left(scene, partition->lost_until));
    mark_number(mark, "commit_again", partition->commit_again);
    mark_number(mark, "commit_at", mark_left(scene, partition->commit_at));
    mark_number(mark, "reach_at", mark_left(scene, partition->reach_at));
}

static void mark_partition(struct mark *mark, const struct engine *engine, const struct partition *partition,
                           const struct scene *scene)
{
    mark_head(mark, "partition");
    mark_number(mark, "state", partition->state);
    if (scene->scenario->logs > 0)
        mark_partition_log(mark, engine, partition, scene);
    mark_offsets(mark, &partition->offsets, &scene->world->log.partitions[partition->id]);
    mark_memory(mark, engine, partition, scene);
    mark_number(mark, "untouched", partition->untouched);
    mark_number(mark, "doubted", (int64_t)partition->doubted);
    mark_number(mark, "foreign", (int64_t)partition->foreign_receipts);
    mark_number(mark, "other_version", (int64_t)partition->other_version);
    mark_number(mark, "in_doubt_end", partition->in_doubt_end);
    if (partition->offsets.next < partition->in_doubt_end)
        mark_number(mark, "absent_from", mark_left(scene, partition->in_doubt_absent_from));
    mark_number(mark, "namesake_until", mark_left(scene, partition->namesake_until));
    mark_number(mark, "announced", partition->announced);
    mark_number(mark, "first_from", mark_left(scene, partition->first_from));
    mark_number(mark, "reach", partition->reach);
    mark_number(mark, "receipts_end", partition->receipts_end);
    mark_number(mark, "receipts_from", partition->receipts_from);
    mark_commit(mark, engine, partition, scene);
    bool ends = partition->state == PARTITION_DRAINING || partition->state == PARTITION_COMMITTING;
    mark_number(mark, "drain_end", ends ? mark_left(scene, partition->drain_end) : 0);
    mark_number(mark, "drained", partition->drained);
    mark_number(mark, "inherited", partition->inherited);
    mark_number(mark, "paused", partition->paused);
    mark_number(mark, "glances", (int64_t)partition->glance_count);
    mark_number(mark, "jobs", (int64_t)partition->job_count);
    const struct job *job;
    TAILQ_FOREACH(job, &partition->jobs, in_list)
        mark_job(mark, job, scene);
}

static void mark_account(struct mark *mark, const struct account *account, const struct scene *scene)
{
    mark_head(mark, "account");
    mark_text(mark, "name", account->options.name);
    mark_number(mark, "hold", account->hold);
    mark_number(mark, "doubted", account->doubted);
    mark_number(mark, "in_flight", account->in_flight);
    mark_number(mark, "aside", account->aside);
    mark_number(mark, "probing", account->probe != 0);
    mark_number(mark, "not_before", mark_left(scene, account->concurrency.not_before));
    mark_number(mark, "ready", (int64_t)account->ready.length);
    for (const struct queue_item *item = account->ready.head; item != NULL; item = item->next)
        mark_number(mark, "ready", JOB_OF(item, in_ready)->record->offset + 1);
    for (const struct queue_item *item = account->glances.head; item != NULL; item = item->next)
        mark_span(mark, "glance", GLANCE_OF(item, in_ready)->queue->node.key);
}

static void mark_glance(struct mark *mark, const struct glance *glance, const struct scene *scene)
{
    bool rests = glance->state == GLANCE_RESTS;
    mark_number(mark, "glance", 1 + (int64_t)glance->state);
    mark_text(mark, "looks_at", glance->call.id.text);
    mark_number(mark, "called", mark_ago(scene, glance->called, WORLD_HTTP_MS));
    mark_number(mark, "reopens", !rests && glance->call.kind == CALL_REOPEN);
    mark_number(mark, "again", glance->again);
    mark_number(mark, "since", rests ? 0 : mark_ago(scene, glance->since, scene->scenario->look_ms));
    mark_number(mark, "tries", rests ? 0 : glance->tries);
}

static void mark_queues(struct mark *mark, const struct queues *queues, const struct scene *scene)
{
    struct mark_set set = {0};
    struct map_node *node = NULL;
    while ((node = map_next(&queues->by_key, node)) != NULL) {
        const struct queue *queue = MAP_ENTRY(node, struct queue, node);
        struct mark item;
        mark_init(&item, mark->print);
        mark_head(&item, "queue");
        mark_span(&item, "key", node->key);
        mark_number(&item, "not_before", mark_left(scene, queue->not_before));
        const struct glance *glance;
        LIST_FOREACH(glance, &queue->glances, in_queue)
            mark_glance(&item, glance, scene);
        mark_number(&item, "length", (int64_t)queue->length);
        for (const struct queue_item *at = queue->head; at != NULL; at = at->next)
            mark_number(&item, "waits", JOB_OF(at, in_queue)->record->offset + 1);
        mark_set_add(&set, &item);
    }
    mark_set_done(mark, &set);
}

/* As they stand in the heap: of those that are due together, that decides which is first. */
static void mark_timers(struct mark *mark, const struct timers *timers, const struct scene *scene)
{
    mark_head(mark, "timers");
    mark_number(mark, "count", (int64_t)timers->count);
    for (size_t i = 1; i <= timers->count; i++) {
        const struct timer *timer = timers->heap[i];
        if (timer->owner == TIMER_ACCOUNT)
            mark_text(mark, "of", MAP_ENTRY(timer, struct account, timer)->options.name);
        else if (timer->owner == TIMER_GLANCE)
            mark_span(mark, "of", GLANCE_OF(timer, timer)->queue->node.key);
        else
            mark_number(mark, "of", JOB_OF(timer, timer)->record->offset + 1);
        mark_number(mark, "left", mark_left(scene, timer->at));
    }
}

void mark_engine(struct mark *mark, const struct engine *engine, const struct scene *scene)
{
    mark_head(mark, "engine");
    mark_number(mark, "leased", engine->leased);
    if (engine->leased)
        mark_number(mark, "lease_from", mark_ago(scene, engine->lease_from, engine->options.lease_ms));
    mark_number(mark, "full", engine->full);
    mark_number(mark, "broker_vague", remote_clock_is_vague(&engine->broker_clock));
    mark_number(mark, "asking", slots_find(&engine->jobs, engine->asking) != NULL);
    mark_number(mark, "stopping", engine->stopping);
    mark_number(mark, "sweep_at", mark_left(scene, engine->sweep_at));
    mark_number(mark, "orphans", (int64_t)engine->orphan_count);
    const struct account *account = NULL;
    while ((account = engine_next_account(engine, account)) != NULL)
        mark_account(mark, account, scene);
    for (int32_t i = 0; i < engine->options.partition_count; i++) {
        mark_number(mark, "held", engine->partitions[i] != NULL);
        if (engine->partitions[i] != NULL)
            mark_partition(mark, engine, engine->partitions[i], scene);
    }
    mark_queues(mark, &engine->queues, scene);
    mark_cache(mark, &engine->cache, scene);
    mark_timers(mark, &engine->timers, scene);
}
