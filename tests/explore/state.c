/* A state's fingerprint: the world's part. Workers are alike, so which of them is which makes no difference. */
#include "engine/accounts.h"
#include "engine/internal.h"

#include "explore/scene.h"

static void mark_asked(struct mark *mark, const struct fake_request *what)
{
    mark_number(mark, "kind", what->kind);
    mark_number(mark, "id", what->id);
    mark_text(mark, "external_id", what->external_id);
    mark_text(mark, "event", what->event);
}

/* Whose answer it is: a job's, one that is gone, or an account's own question. */
static void mark_asker(struct mark *mark, const struct engine *engine, const struct world_request *request)
{
    const struct pending *pending = slots_find(&engine->requests, request->handle);
    const struct job *job = pending == NULL ? NULL : slots_find(&engine->jobs, pending->job);
    mark_number(mark, "of", job == NULL ? -1 : job->record->offset);
    mark_number(mark, "pending", pending != NULL);
    mark_number(mark, "aside", pending != NULL && pending->aside);
    mark_number(mark, "probe", pending != NULL && pending->account->probe == request->handle);
    mark_number(mark, "looks", pending != NULL && slots_find(&engine->glances, pending->glance) != NULL);
}

/* But for when its conversations began: that is told of them (mark_begun). */
static void mark_body(struct mark *mark, struct span body)
{
    const struct span name = SPAN("\"created_at\":\"");
    const char *at;
    while (body.size > 0 && (at = memmem(body.data, body.size, name.data, name.size)) != NULL) {
        mark_span(mark, "body", (struct span){body.data, (size_t)(at - body.data)});
        body = span_skip(body, (size_t)(at - body.data) + name.size + strlen("2026-01-01T00:00:00"));
    }
    mark_span(mark, "body", body);
}

static void mark_date(struct mark *mark, const struct world_request *request, const struct scene *scene)
{
    int64_t most_ms = scene->scenario->new_spacing_ms;
    if (request->date.ms == 0 || most_ms == 0)
        return;
    int64_t ago_ms = scene->world->now.wall.ms - request->date.ms;
    mark_number(mark, "date", ago_ms > most_ms + 2000 ? most_ms + 2000 : ago_ms);
}

static void mark_requests(struct mark *mark, const struct scene *scene, int worker)
{
    const struct world *world = scene->world;
    struct mark_set set = {0};
    for (size_t i = 0; i < world->request_count; i++) {
        const struct world_request *request = &world->requests[i];
        if (request->worker != worker)
            continue;
        struct mark item;
        mark_init(&item, mark->print);
        mark_head(&item, "request");
        mark_asked(&item, &request->what);
        mark_text(&item, "account", request->account);
        mark_number(&item, "sent", mark_ago(scene, request->sent_at, WORLD_HTTP_MS + WORLD_SETTLE_MS));
        mark_number(&item, "status", request->status);
        mark_body(&item, buf_span(&request->body));
        mark_date(&item, request, scene);
        mark_number(&item, "slow", request->slow);
        if (worker != WORLD_NOBODY)
            mark_asker(&item, world->workers[worker].engine, request);
        mark_set_add(&set, &item);
    }
    mark_set_done(mark, &set);
}

/* A producer keeps the order within a topic and partition. */
static void mark_produces(struct mark *mark, const struct scene *scene, int worker, const char *topic)
{
    const struct world *world = scene->world;
    mark_head(mark, topic);
    for (size_t i = 0; i < world->produce_count; i++) {
        const struct world_produce *produce = &world->produces[i];
        if (produce->worker != worker || strcmp(produce->topic, topic) != 0)
            continue;
        mark_head(mark, "  produce");
        mark_number(mark, "of", produce->of);
        mark_number(mark, "outcome", produce->outcome);
        mark_span(mark, "source", fake_log_header(produce->record, "cupbearer-source"));
        mark_number(mark, "without_value", produce->record->value.data == NULL);
        mark_number(mark, "written", produce->written ? produce->offset + 1 : 0);
        mark_number(mark, "slow", produce->slow);
        if (worker == WORLD_NOBODY)
            continue;
        const struct engine *engine = world->workers[worker].engine;
        const struct job *job = slots_find(&engine->jobs, produce->handle);
        mark_number(mark, "job", job == NULL ? -1 : job->record->offset);
        for (size_t j = 0; j < engine->orphan_count; j++)
            mark_number(mark, "stray", engine->orphans[j].handle == produce->handle);
    }
}

static void mark_progress(struct mark *mark, const struct progress *progress)
{
    mark_number(mark, "reach", progress->reach);
    mark_number(mark, "receipts", progress->receipts);
    mark_number(mark, "last", progress->has_last ? progress->last : -1);
}

static void mark_commits(struct mark *mark, const struct scene *scene, int worker)
{
    const struct world *world = scene->world;
    for (size_t i = 0; i < world->commit_count; i++) {
        const struct world_commit *commit = &world->commits[i];
        if (commit->worker != worker)
            continue;
        struct progress progress = {0};
        progress_read(span_of(commit->text), &progress);
        mark_head(mark, "commit");
        mark_number(mark, "partition", commit->partition);
        mark_number(mark, "offset", commit->offset);
        mark_progress(mark, &progress);
        if (scene->scenario->logs > 0) {
            const struct fake_partition *log = &world->log.partitions[commit->partition];
            mark_progress_log(mark, log, &progress);
            mark_number(mark, "behind", log->generation - commit->generation);
        }
        mark_number(mark, "fenced", commit->fenced);
        mark_number(mark, "applied", commit->applied);
        mark_number(mark, "slow", commit->slow);
        const struct partition *partition =
            worker == WORLD_NOBODY ? NULL : world->workers[worker].engine->partitions[commit->partition];
        mark_number(mark, "waited_for",
                    partition != NULL && partition->committing >= 0 &&
                        partition->commit_handle == commit->handle);
    }
}

static void mark_share(struct mark *mark, const struct share *share, const struct scene *scene)
{
    mark_head(mark, "share");
    mark_number(mark, "held", share->held);
    mark_number(mark, "reading", share->reading);
    mark_number(mark, "started", share->started);
    mark_number(mark, "paused", share->paused);
    mark_number(mark, "revoked", share->revoked);
    mark_number(mark, "lost", share->lost);
    mark_number(mark, "given_away", share->given_away);
    mark_number(mark, "position", share->started ? share->position : 0);
    mark_number(mark, "end", share->end);
    mark_number(mark, "assigned", mark_ago(scene, share->assigned_at, scene->scenario->spacing_ms));
}

static void mark_worker(struct mark *mark, const struct scene *scene, int worker)
{
    const struct worker *w = &scene->world->workers[worker];
    mark_head(mark, "worker");
    mark_number(mark, "stopped", w->stopped);
    mark_number(mark, "frozen", w->frozen ? 1 + mark_ago(scene, w->frozen_at, WORLD_SESSION_MS) : 0);
    for (int32_t i = 0; i < scene->world->log.count; i++) {
        mark_share(mark, &w->shares[i], scene);
        if (scene->scenario->logs > 0)
            mark_share_log(mark, &scene->world->log.partitions[i], &w->shares[i]);
    }
    const struct fake_papercups *papercups = &scene->world->papercups;
    for (unsigned i = 0; i < papercups->message_count; i++) {
        const struct fake_message *message = &papercups->messages[i];
        bool told = scene->scenario->look_ms > 0 && message->told && message->told_by == worker;
        mark_number(mark, "told", told + (told && message->hidden));
    }
    mark_engine(mark, w->engine, scene);
}

static void mark_sent(struct mark *mark, const struct scene *scene, int worker)
{
    mark_requests(mark, scene, worker);
    mark_produces(mark, scene, worker, FAKE_RECEIPTS);
    mark_produces(mark, scene, worker, FAKE_DEAD);
    mark_commits(mark, scene, worker);
}

static void mark_log(struct mark *mark, const struct scene *scene)
{
    for (int32_t i = 0; i < scene->world->log.count; i++) {
        const struct fake_partition *log = &scene->world->log.partitions[i];
        struct progress progress = {.reach = -1};
        progress_read(span_of(log->metadata), &progress);
        mark_head(mark, "log");
        mark_number(mark, "end", log->end);
        mark_number(mark, "committed", log->committed);
        mark_progress(mark, &progress);
        mark_number(mark, "receipts", (int64_t)log->receipt_count);
        for (size_t j = 0; j < log->receipt_count; j++) {
            mark_number(mark, "receipt_of", log->receipts[j].of);
            mark_number(mark, "outcome", log->receipts[j].outcome);
        }
        if (scene->scenario->logs > 0) {
            mark_progress_log(mark, log, &progress);
            mark_world_log(mark, log);
        }
        mark_number(mark, "any_dead", log->dead_count > 0);
        for (size_t j = 0; j < log->event_count && log->dead_count > 0; j++)
            mark_number(mark, "dead", fake_log_is_dead(log, log->events[j]->offset));
    }
}

/* Papercups tells it in whole seconds. */
static void mark_begun(struct mark *mark, const struct fake_conversation *conversation,
                       const struct scene *scene)
{
    int64_t most_ms = scene->scenario->new_spacing_ms;
    if (most_ms == 0)
        return;
    int64_t ago_ms = mark_ago(scene, conversation->begun.mono, most_ms + 2000);
    mark_number(mark, "begun", ago_ms);
    mark_number(mark, "begun_at", ago_ms < most_ms + 2000 ? conversation->begun.wall.ms % 1000 : 0);
}

/* What the pause between two messages runs from, where it is not over. */
static void mark_answered(struct mark *mark, const struct scene *scene)
{
    struct mark_set set = {0};
    int64_t most_ms = scene->scenario->spacing_ms;
    struct span key;
    for (size_t i = 0; (key = world_answered_key(scene->world, i)).data != NULL; i++) {
        int64_t ago_ms = mark_ago(scene, world_answered_at(scene->world, key), most_ms);
        struct mark item;
        if (ago_ms >= most_ms)
            continue;
        mark_init(&item, mark->print);
        mark_span(&item, "answered", key);
        mark_number(&item, "ago", ago_ms);
        mark_set_add(&set, &item);
    }
    mark_set_done(mark, &set);
}

static void mark_papercups(struct mark *mark, const struct scene *scene)
{
    const struct fake_papercups *papercups = &scene->world->papercups;
    mark_head(mark, "papercups");
    mark_number(mark, "customers", papercups->customer_count);
    for (unsigned i = 0; i < papercups->customer_count; i++) {
        const struct fake_customer *customer = &papercups->customers[i];
        mark_text(mark, "customer", customer->external_id);
    }
    mark_answered(mark, scene);
    mark_number(mark, "conversations", papercups->conversation_count);
    for (unsigned i = 0; i < papercups->conversation_count; i++) {
        const struct fake_conversation *conversation = &papercups->conversations[i];
        mark_number(mark, "conversation_of", conversation->customer);
        mark_number(mark, "closed", conversation->closed);
        mark_begun(mark, conversation, scene);
    }
    for (unsigned i = 0; i < papercups->message_count; i++) {
        mark_number(mark, "message_in", papercups->messages[i].conversation);
        mark_text(mark, "event", papercups->messages[i].event);
    }
}

/* What was given up and arrives all the same. */
static void mark_lates(struct mark *mark, const struct scene *scene)
{
    const struct world *world = scene->world;
    struct mark_set set = {0};
    struct mark item;
    for (size_t i = 0; i < world->late_count; i++) {
        mark_init(&item, mark->print);
        mark_head(&item, "late");
        mark_asked(&item, &world->lates[i].what);
        mark_number(&item, "left", mark_left(scene, world->lates[i].at));
        mark_set_add(&set, &item);
    }
    mark_set_done(mark, &set);
    set.count = 0;
    for (size_t i = 0; i < world->late_commit_count; i++) {
        const struct world_commit *commit = &world->late_commits[i].what;
        struct progress progress = {0};
        progress_read(span_of(commit->text), &progress);
        mark_init(&item, mark->print);
        mark_head(&item, "late commit");
        mark_number(&item, "partition", commit->partition);
        mark_number(&item, "offset", commit->offset);
        mark_number(&item, "reach", progress.reach);
        mark_number(&item, "receipts", progress.receipts);
        mark_number(&item, "last", progress.has_last ? progress.last : -1);
        if (scene->scenario->logs > 0) {
            const struct fake_partition *log = &world->log.partitions[commit->partition];
            mark_progress_log(&item, log, &progress);
            mark_number(&item, "behind", log->generation - commit->generation);
        }
        mark_number(&item, "fenced", commit->fenced);
        mark_number(&item, "left", mark_left(scene, world->late_commits[i].at));
        mark_set_add(&set, &item);
    }
    mark_set_done(mark, &set);
}

struct fingerprint scene_fingerprint(const struct scene *scene, FILE *print)
{
    struct mark mark;
    struct mark_set workers = {0};
    for (int i = 0; i < scene->scenario->workers; i++) {
        mark_init(&mark, print);
        mark_worker(&mark, scene, i);
        mark_sent(&mark, scene, i);
        mark_set_add(&workers, &mark);
    }
    mark_init(&mark, print);
    mark_set_done(&mark, &workers);
    mark_head(&mark, "world");
    mark_number(&mark, "published", scene->published);
    mark_number(&mark, "faults", scene->faults);
    mark_number(&mark, "for_nothing", scene->refused + 2 * scene->lost);
    mark_number(&mark, "cut_off", scene->world->cut_off);
    mark_sent(&mark, scene, WORLD_NOBODY);
    mark_log(&mark, scene);
    mark_papercups(&mark, scene);
    mark_lates(&mark, scene);
    if (print != NULL)
        fputc('\n', print);
    return mark_done(&mark);
}
