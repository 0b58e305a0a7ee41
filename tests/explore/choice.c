#include "explore/choice.h"

#include <stdio.h>
#include <stdlib.h>

static void choices_add(const struct scene *scene, struct choices *out, struct choice choice)
{
    if (scene->faults + choice.price > scene->scenario->faults)
        return;
    if (out->count == CHOICES_MOST) {
        fprintf(stderr, "explore: more than %d choices\n", CHOICES_MOST);
        abort();
    }
    out->list[out->count++] = choice;
}

/* ---- workers and partitions ---- */

/* But for the scenario `late`, a failed receipt of somebody else's arrives before the new owner reads the receipts, or never:
 * else there would be many more states. (Later: the owner has posted the event, crashes before its own receipt, and the third
 * must not take it for failed.) */
static bool blocks_assignment(const struct world_produce *produce, int32_t partition)
{
    return produce->record->partition == partition && !produce->written &&
           strcmp(produce->topic, FAKE_RECEIPTS) == 0 && outcome_is_failed(produce->outcome);
}

static bool can_be_assigned(const struct scene *scene, int worker, int32_t partition)
{
    const struct world *world = scene->world;
    if (world->workers[worker].frozen || scene_is_stopping(scene, worker) ||
        world->workers[worker].shares[partition].held || world_owner(world, partition) != WORLD_NOBODY)
        return false;
    for (size_t i = 0; i < world->produce_count; i++)
        if (scene->scenario->late == 0 && world->produces[i].worker != WORLD_NOBODY && blocks_assignment(&world->produces[i], partition))
            return false;
    return true;
}

static void find_share(const struct scene *scene, struct choices *out, int worker, int32_t partition)
{
    const struct worker *w = &scene->world->workers[worker];
    const struct share *share = &w->shares[partition];
    const struct choice of = {.worker = worker, .place = (size_t)partition};
    struct choice choice = of;
    if (w->frozen)
        return;
    if (can_be_assigned(scene, worker, partition)) {
        choice.kind = CHOICE_ASSIGN;
        choices_add(scene, out, choice);
    }
    if (share->reading || world_next_record(scene->world, worker, partition) != NULL) {
        choice.kind = share->reading ? CHOICE_REBUILD : CHOICE_FEED;
        choices_add(scene, out, choice);
    }
    if (share->check != 0) {
        choice.kind = CHOICE_CHECKED;
        choices_add(scene, out, choice);
    }
    if (share->given_away) {
        choice.kind = CHOICE_LEARN;
        choices_add(scene, out, choice);
    }
    choice.price = 1;
    if (share->held && !share->given_away && !share->revoked) {
        choice.kind = CHOICE_REVOKE;
        choices_add(scene, out, choice);
    }
    if (share->held && !share->given_away) {
        choice.kind = CHOICE_LOSE;
        choice.price = scene->scenario->late > 0 && !scene->lost ? 0 : 1;
        choices_add(scene, out, choice);
    }
}

/* Whether it would make a difference that it dies. */
static bool has_anything(const struct scene *scene, int worker)
{
    const struct world *world = scene->world;
    for (int32_t i = 0; i < world->log.count; i++)
        if (world->workers[worker].shares[i].held)
            return true;
    return engine_requests(world->workers[worker].engine) > 0 ||
           engine_unsettled(world->workers[worker].engine) > 0;
}

static void find_worker(const struct scene *scene, struct choices *out, int worker)
{
    bool frozen = scene->world->workers[worker].frozen;
    for (int32_t i = 0; i < scene->world->log.count; i++)
        find_share(scene, out, worker, i);
    if (frozen)
        choices_add(scene, out, (struct choice){.kind = CHOICE_THAW, .worker = worker});
    if (scene->world->workers[worker].stopped)
        choices_add(scene, out, (struct choice){.kind = CHOICE_RESTART, .worker = worker});
    if (!has_anything(scene, worker))
        return;
    choices_add(scene, out, (struct choice){.kind = CHOICE_CRASH, .worker = worker, .price = 1});
    if (!frozen)
        choices_add(scene, out, (struct choice){.kind = CHOICE_FREEZE, .worker = worker, .price = 1});
    if (!frozen && !scene_is_stopping(scene, worker))
        choices_add(scene, out, (struct choice){.kind = CHOICE_STOP, .worker = worker, .price = 1});
}

/* ---- what was sent ---- */

static bool is_written_to(const struct scene *scene, size_t but)
{
    for (size_t i = 0; i < scene->world->request_count; i++)
        if (i != but && fake_request_writes(&scene->world->requests[i].what))
            return true;
    return scene->world->late_count > 0;
}

static void find_fates(const struct scene *scene, struct choices *out, size_t place)
{
    static const enum fate stored[] = {FATE_LOST_STORED, FATE_LOST_STORED_LATE, FATE_ERROR_STORED,
                                       FATE_ERROR_STORED_LATE, FATE_STRAY_STORED};
    static const enum fate others[] = {FATE_LOST, FATE_ERROR,   FATE_GARBAGE,     FATE_NOT_SENT,
                                       FATE_BUSY, FATE_REFUSED, FATE_UNAUTHORIZED,
                                       FATE_FORBIDDEN, FATE_MISSING};
    const struct world_request *request = &scene->world->requests[place];
    struct choice choice = {.kind = CHOICE_ANSWER, .place = place, .what = FATE_LOST, .price = 1};
    if (request->status != 0 &&
        fake_request_writes(&request->what)) { /* it is done: only the answer can be lost */
        choices_add(scene, out, choice);
        return;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        choice.what = (int)others[i];
        bool is_free = scene->scenario->late > 0 && !scene->refused && others[i] == FATE_REFUSED &&
                       fake_request_posts(&request->what);
        choice.price = !is_free;
        choices_add(scene, out, choice);
    }
    choice.price = 1;
    if (call_lists(&(struct call){.kind = request->what.kind})) {
        choice.what = FATE_TOO_LARGE;
        choices_add(scene, out, choice);
    }
    for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]) && fake_request_writes(&request->what); i++) {
        choice.what = (int)stored[i];
        choices_add(scene, out, choice);
    }
}

/* Its sender gives it up. */
static void find_overdue(const struct scene *scene, struct choices *out, size_t place)
{
    const struct world_request *request = &scene->world->requests[place];
    struct choice choice = {.kind = CHOICE_ANSWER, .place = place, .what = FATE_LOST};
    choices_add(scene, out, choice);
    choice.what = FATE_DONE; /* the answer to a frozen worker has waited for it */
    if (request->status > 0)
        choices_add(scene, out, choice);
    if (request->status != 0 || !fake_request_writes(&request->what) || scene_is_gone(scene, request))
        return;
    choice.what = FATE_LOST_STORED;
    choices_add(scene, out, choice);
    if (request->sent_at.ms + WORLD_HTTP_MS == scene->world->now.mono.ms) {
        choice.what = FATE_LOST_STORED_LATE;
        choices_add(scene, out, choice);
    }
}

static void find_request(const struct scene *scene, struct choices *out, size_t place)
{
    const struct world_request *request = &scene->world->requests[place];
    struct choice choice = {.kind = CHOICE_ANSWER, .place = place, .what = FATE_DONE};
    if (scene_is_frozen(scene, request->worker)) {
        choice.kind = CHOICE_ARRIVE;
        if (request->status == 0)
            choices_add(scene, out, choice);
        return;
    }
    if (request->worker == WORLD_NOBODY) {
        choices_add(scene, out, choice);
        return;
    }
    if (request->status < 0 || scene_is_overdue(scene, request)) {
        find_overdue(scene, out, place);
        return;
    }
    choices_add(scene, out, choice);
    if (!fake_request_writes(&request->what) && request->status == 0 && is_written_to(scene, place)) {
        choice.kind = CHOICE_LOOK;
        choices_add(scene, out, choice);
    }
    find_fates(scene, out, place);
}

static void find_produce(const struct scene *scene, struct choices *out, size_t place)
{
    const struct world *world = scene->world;
    const struct world_produce *produce = &world->produces[place];
    struct choice choice = {.kind = CHOICE_PRODUCED, .place = place, .what = PRODUCED_OK};
    for (size_t i = 0; i < place; i++)
        if (world->produces[i].worker == produce->worker && world->produces[i].topic == produce->topic &&
            world->produces[i].record->partition == produce->record->partition &&
            !(world->produces[i].written && scene_is_frozen(scene, produce->worker)))
            return; /* a producer keeps their order */
    if (scene_is_frozen(scene, produce->worker)) {
        choice.kind = CHOICE_WRITE;
        if (!produce->written)
            choices_add(scene, out, choice);
        return;
    }
    choices_add(scene, out, choice);
    if (produce->worker == WORLD_NOBODY || produce->written)
        return;
    choice.price = 1;
    choice.what = PRODUCED_FAILED;
    choices_add(scene, out, choice);
    choice.what = PRODUCED_TOO_LARGE;
    if (produce->topic[0] == FAKE_DEAD[0])
        choices_add(scene, out, choice);
}

static void find_commit(const struct scene *scene, struct choices *out, size_t place)
{
    const struct world *world = scene->world;
    const struct world_commit *commit = &world->commits[place];
    struct choice choice = {.kind = CHOICE_COMMITTED, .place = place, .what = CHOICE_APPLIED | CHOICE_OK};
    for (size_t i = 0; i < place; i++)
        if (world->commits[i].partition == commit->partition && world->commits[i].worker == commit->worker)
            return; /* a consumer keeps their order */
    if (scene_is_frozen(scene, commit->worker)) {
        choice.kind = CHOICE_APPLY;
        if (!commit->fenced && !commit->applied)
            choices_add(scene, out, choice);
        return;
    }
    if (commit->fenced && !commit->applied)
        choice.what = 0;
    choices_add(scene, out, choice);
    if ((commit->fenced && !commit->applied) || commit->worker == WORLD_NOBODY)
        return;
    choice.price = 1;
    if (commit->applied) {
        choice.what = 0;
        choices_add(scene, out, choice);
        return;
    }
    choice.what = CHOICE_APPLIED;
    choices_add(scene, out, choice);
    choice.what = 0;
    choices_add(scene, out, choice);
    choice.kind = CHOICE_COMMIT_LATE;
    choices_add(scene, out, choice);
}

/* ---- time ---- */

bool choice_waits_for(const struct scene *scene, int worker)
{
    return worker != WORLD_NOBODY && !scene_is_frozen(scene, worker);
}

/* How many things stand in the way of time, as long as they are not slow. Nothing of a frozen worker or a dead one does. */
static int find_waiting(const struct scene *scene, bool *must)
{
    const struct world *world = scene->world;
    int count = scene_reads(scene) + scene_learns(scene);
    *must = false;
    for (size_t i = 0; i < world->request_count; i++) {
        const struct world_request *request = &world->requests[i];
        if (!choice_waits_for(scene, request->worker))
            continue;
        *must = *must || request->status < 0 || scene_is_overdue(scene, request);
        count += !request->slow;
    }
    for (size_t i = 0; i < world->produce_count; i++)
        count += choice_waits_for(scene, world->produces[i].worker) && !world->produces[i].slow;
    for (size_t i = 0; i < world->commit_count; i++)
        count += choice_waits_for(scene, world->commits[i].worker) && !world->commits[i].slow;
    return count;
}

struct mono choice_next_moment(const struct scene *scene)
{
    const struct world *world = scene->world;
    struct mono next = world_next(world);
    for (int i = 0; i < scene->scenario->workers; i++) {
        struct mono over = mono_after(world->workers[i].frozen_at, WORLD_SESSION_MS);
        if (world->workers[i].frozen && !mono_reached(over, world->now.mono))
            next = mono_earlier(next, over);
    }
    for (size_t i = 0; i < world->request_count; i++) {
        const struct world_request *request = &world->requests[i];
        bool live = choice_waits_for(scene, request->worker);
        int64_t most = live ? WORLD_HTTP_MS : WORLD_HTTP_MS + WORLD_SETTLE_MS;
        if (live || request->status == 0)
            next = mono_earlier(next, mono_after(request->sent_at, most));
    }
    return next;
}

static bool is_calm(const struct scene *scene)
{
    const struct world *world = scene->world;
    bool calm = scene->published == scene->scenario->events && scene_is_owned(scene);
    for (int i = 0; i < scene->scenario->workers; i++) {
        calm = calm && !world->workers[i].frozen && !world->workers[i].stopped;
        for (int32_t p = 0; p < world->log.count; p++)
            calm = calm && !world->workers[i].shares[p].given_away;
    }
    for (size_t i = 0; i < world->request_count; i++)
        calm = calm && !world->requests[i].slow;
    for (size_t i = 0; i < world->produce_count; i++)
        calm = calm && !world->produces[i].slow;
    for (size_t i = 0; i < world->commit_count; i++)
        calm = calm && !world->commits[i].slow;
    return calm;
}

static void find_time(const struct scene *scene, struct choices *out)
{
    bool must, passes = choice_next_moment(scene).ms != MONO_NEVER.ms;
    int waiting = find_waiting(scene, &must);
    passes = passes && !(scene_only_checks(scene) && is_calm(scene) && waiting == 0);
    struct choice choice = {.kind = waiting == 0 ? CHOICE_TIME : CHOICE_SLOW, .price = waiting};
    if (passes && !must)
        choices_add(scene, out, choice);
    out->calm = is_calm(scene);
    out->at_rest = !passes && out->calm && waiting == 0;
}

static void find_logs(const struct scene *scene, struct choices *out)
{
    const struct fake_partition *log = &scene->world->log.partitions[0];
    if (scene->scenario->logs == 0 || log->event_count == 0)
        return;
    choices_add(scene, out, (struct choice){.kind = CHOICE_MAKE_AGAIN, .price = 1});
    choices_add(scene, out, (struct choice){.kind = CHOICE_CUT, .price = 1});
}

void choices_find(const struct scene *scene, struct choices *out)
{
    const struct world *world = scene->world;
    out->count = 0;
    for (int i = 0; i < scene->scenario->workers; i++)
        find_worker(scene, out, i);
    for (size_t i = 0; i < world->request_count; i++)
        find_request(scene, out, i);
    for (size_t i = 0; i < world->produce_count; i++)
        find_produce(scene, out, i);
    for (size_t i = 0; i < world->commit_count; i++)
        find_commit(scene, out, i);
    for (size_t i = 0; i < world->late_count; i++)
        choices_add(scene, out, (struct choice){.kind = CHOICE_LATE_WRITE, .place = i});
    for (size_t i = 0; i < world->late_commit_count; i++)
        choices_add(scene, out, (struct choice){.kind = CHOICE_LATE_COMMITTED, .place = i});
    if (scene->published < scene->scenario->events)
        choices_add(scene, out, (struct choice){.kind = CHOICE_PUBLISH});
    for (unsigned i = 0; i < world->papercups.conversation_count && scene->scenario->closes > 0; i++)
        if (!world->papercups.conversations[i].closed)
            choices_add(scene, out, (struct choice){.kind = CHOICE_CLOSE, .place = i, .price = 1});
    find_logs(scene, out);
    find_time(scene, out);
}
