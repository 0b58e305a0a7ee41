/* A choice is taken, or told. */
#include <stdlib.h>

#include "explore/choice.h"

static const char *const fates[] = {
    [FATE_DONE] = "answered",
    [FATE_LOST] = "lost, not stored",
    [FATE_LOST_STORED] = "lost, stored",
    [FATE_LOST_STORED_LATE] = "lost, to be stored late",
    [FATE_ERROR] = "500, not stored",
    [FATE_ERROR_STORED] = "500, stored",
    [FATE_ERROR_STORED_LATE] = "504, to be stored late",
    [FATE_GARBAGE] = "stored, unreadable answer",
    [FATE_NOT_SENT] = "not sent",
    [FATE_BUSY] = "429",
    [FATE_REFUSED] = "422",
    [FATE_TOO_LARGE] = "stored, answer too large",
    [FATE_UNAUTHORIZED] = "401",
    [FATE_MISSING] = "404, though it is there",
    [FATE_FORBIDDEN] = "403 of something in between",
    [FATE_STRAY_STORED] = "409 of something in between, stored",
};

/* Nobody waits for what a dead worker reads. */
static void drop_reads(struct world *world)
{
    for (size_t i = world->request_count; i > 0; i--)
        if (world->requests[i - 1].worker == WORLD_NOBODY &&
            !fake_request_writes(&world->requests[i - 1].what))
            world_answer(world, i - 1, FATE_LOST);
}

/* What can arrive no more. */
static void drop_gone(struct scene *scene)
{
    struct world *world = scene->world;
    for (size_t i = world->request_count; i > 0; i--) {
        struct world_request *request = &world->requests[i - 1];
        if (!scene_is_gone(scene, request) || request->status != 0)
            continue;
        if (request->worker == WORLD_NOBODY)
            world_answer(world, i - 1, FATE_LOST);
        else if (scene_is_frozen(scene, request->worker))
            world_arrive(world, i - 1, false);
    }
}

/* A failed receipt from a dead worker arrives before it or never: see choice.c. */
static void take_assign(const struct scene *scene, int worker, int32_t partition)
{
    struct world *world = scene->world;
    for (size_t i = world->produce_count; i > 0; i--) {
        const struct world_produce *produce = &world->produces[i - 1];
        if (scene->scenario->late == 0 && produce->worker == WORLD_NOBODY && produce->record->partition == partition &&
            strcmp(produce->topic, FAKE_RECEIPTS) == 0 && outcome_is_failed(produce->outcome))
            world_acknowledge(world, i - 1, PRODUCED_FAILED);
    }
    world_assign(world, worker, partition);
    for (size_t i = world->commit_count; i > 0; i--)
        if (world->commits[i - 1].worker == WORLD_NOBODY && world->commits[i - 1].fenced)
            world_committed(world, i - 1, false, false);
}

/* It has stopped in good order. */
static void take_restart(struct world *world, int worker)
{
    world_crash(world, worker);
    drop_reads(world);
}

static void take_slow(struct scene *scene)
{
    struct world *world = scene->world;
    for (size_t i = 0; i < world->request_count; i++)
        world->requests[i].slow |= choice_waits_for(scene, world->requests[i].worker);
    for (size_t i = 0; i < world->produce_count; i++)
        world->produces[i].slow |= choice_waits_for(scene, world->produces[i].worker);
    for (size_t i = 0; i < world->commit_count; i++)
        world->commits[i].slow |= choice_waits_for(scene, world->commits[i].worker);
}

static void take_time(struct scene *scene)
{
    world_advance(scene->world, choice_next_moment(scene));
    drop_gone(scene);
}

/* What becomes of what was sent. */
static void take_sent(struct scene *scene, const struct choice *choice)
{
    struct world *world = scene->world;
    bool applied = (choice->what & CHOICE_APPLIED) != 0, ok = (choice->what & CHOICE_OK) != 0;
    scene->refused = scene->refused || (choice->kind == CHOICE_ANSWER && choice->what == FATE_REFUSED && choice->price == 0);
    if (choice->kind == CHOICE_ANSWER)
        world_answer(world, choice->place, (enum fate)choice->what);
    else if (choice->kind == CHOICE_LOOK)
        world_look(world, choice->place);
    else if (choice->kind == CHOICE_ARRIVE)
        world_arrive(world, choice->place, true);
    else if (choice->kind == CHOICE_PRODUCED)
        world_acknowledge(world, choice->place, (enum produced)choice->what);
    else if (choice->kind == CHOICE_WRITE)
        world_write(world, choice->place);
    else if (choice->kind == CHOICE_APPLY)
        world_apply(world, choice->place);
    else if (choice->kind == CHOICE_COMMITTED)
        world_committed(world, choice->place, applied, ok);
    else if (choice->kind == CHOICE_COMMIT_LATE)
        world_commit_late(world, choice->place, WORLD_COMMIT_MS - 1);
    else if (choice->kind == CHOICE_LATE_WRITE)
        world->lates[choice->place].at = world->now.mono;
    else
        world->late_commits[choice->place].at = world->now.mono;
    if (choice->kind == CHOICE_LATE_WRITE || choice->kind == CHOICE_LATE_COMMITTED)
        world_advance(world, world->now.mono);
}

void choice_take(struct scene *scene, const struct choice *choice)
{
    struct world *world = scene->world;
    int worker = choice->worker;
    int32_t partition = (int32_t)choice->place;
    scene_even(scene);
    scene->faults += choice->price;
    switch (choice->kind) {
    case CHOICE_PUBLISH:
        scene_publish(scene);
        break;
    case CHOICE_ASSIGN:
        take_assign(scene, worker, partition);
        break;
    case CHOICE_REBUILD:
        world_rebuild(world, worker, partition);
        break;
    case CHOICE_FEED:
        world_feed(world, worker, partition);
        break;
    case CHOICE_ANSWER:
    case CHOICE_LOOK:
    case CHOICE_ARRIVE:
    case CHOICE_PRODUCED:
    case CHOICE_WRITE:
    case CHOICE_COMMITTED:
    case CHOICE_APPLY:
    case CHOICE_COMMIT_LATE:
    case CHOICE_LATE_WRITE:
    case CHOICE_LATE_COMMITTED:
        take_sent(scene, choice);
        break;
    case CHOICE_LEARN:
    case CHOICE_LOSE:
        scene->lost = scene->lost || (choice->kind == CHOICE_LOSE && choice->price == 0);
        world_lose(world, worker, partition);
        break;
    case CHOICE_CHECKED:
        world_log_checked(world, worker, partition);
        break;
    case CHOICE_MAKE_AGAIN:
        world_make_again(world, 0);
        break;
    case CHOICE_CUT:
        world_cut(world, 0, world->log.partitions[0].end - 1);
        break;
    case CHOICE_THAW:
        world_thaw(world, worker);
        break;
    case CHOICE_SLOW:
        take_slow(scene);
        take_time(scene);
        break;
    case CHOICE_TIME:
        take_time(scene);
        break;
    case CHOICE_REVOKE:
        world_revoke(world, worker, partition);
        break;
    case CHOICE_CRASH:
        world_crash(world, worker);
        drop_reads(world);
        break;
    case CHOICE_STOP:
        world_stop(world, worker);
        break;
    case CHOICE_RESTART:
        take_restart(world, worker);
        break;
    case CHOICE_FREEZE:
        world_freeze(world, worker);
        break;
    case CHOICE_CLOSE:
        world_close(world, (unsigned)choice->place + 1);
        break;
    }
}

/* ---- told ---- */

static void write_worker(struct buf *out, int worker)
{
    if (worker == WORLD_NOBODY)
        buf_add_text(out, "of a dead worker: ");
    else
        buf_printf(out, "%c: ", 'A' + worker);
}

static void write_request(const struct world_request *request, const struct choice *choice, struct buf *out)
{
    write_worker(out, request->worker);
    fake_request_write(out, &request->what);
    if (choice->kind == CHOICE_LOOK)
        buf_add_text(out, ": looked up, to be answered");
    else if (choice->kind == CHOICE_ARRIVE)
        buf_add_text(out, ": done while it is frozen");
    else
        buf_printf(out, ": %s", fates[choice->what]);
}

static void write_produce(const struct world_produce *produce, const struct choice *choice, struct buf *out)
{
    static const char *const words[] = {
        [PRODUCED_OK] = "acknowledged", [PRODUCED_FAILED] = "failed", [PRODUCED_TOO_LARGE] = "too large"};
    write_worker(out, produce->worker);
    if (strcmp(produce->topic, FAKE_RECEIPTS) == 0)
        buf_printf(out, "receipt of %lld", (long long)produce->of);
    else
        buf_add_text(out, "dead letter");
    buf_printf(out, ": %s",
               choice->kind == CHOICE_WRITE ? "written while it is frozen" : words[choice->what]);
}

static void write_commit(const struct world_commit *commit, const struct choice *choice, struct buf *out)
{
    static const char *const words[] = {[0] = "failed",
                                        [CHOICE_APPLIED] = "applied, told as failed",
                                        [CHOICE_APPLIED | CHOICE_OK] = "accepted"};
    write_worker(out, commit->worker);
    buf_printf(out, "commit of %lld (%s): ", (long long)commit->offset, commit->text);
    if (choice->kind == CHOICE_APPLY)
        buf_add_text(out, "applied while it is frozen");
    else if (choice->kind == CHOICE_COMMIT_LATE)
        buf_add_text(out, "told as failed, to be applied late");
    else
        buf_add_text(out, words[choice->what]);
}

/* Of a worker and its partition; the rest of what it says where that is not of a worker. */
static const char *write_other(enum choice_kind kind)
{
    static const char *const words[] = {[CHOICE_ASSIGN] = "is given the partition",
                                        [CHOICE_REBUILD] = "reads the receipts",
                                        [CHOICE_FEED] = "reads a record",
                                        [CHOICE_LEARN] = "learns that it has lost the partition",
                                        [CHOICE_THAW] = "goes on",
                                        [CHOICE_REVOKE] = "has to give the partition up",
                                        [CHOICE_LOSE] = "loses the partition",
                                        [CHOICE_STOP] = "is to stop",
                                        [CHOICE_RESTART] = "begins anew",
                                        [CHOICE_CRASH] = "is killed",
                                        [CHOICE_FREEZE] = "is frozen",
                                        [CHOICE_CHECKED] = "is told what stands where it asked"};
    return words[kind];
}

static void write_time(const struct scene *scene, const struct choice *choice, struct buf *out)
{
    buf_printf(out, "%lld ms pass%s", (long long)(choice_next_moment(scene).ms - scene->world->now.mono.ms),
               choice->kind == CHOICE_SLOW ? ", and what is under way is not done" : "");
}

void choice_write(const struct scene *scene, const struct choice *choice, struct buf *out)
{
    const struct world *world = scene->world;
    switch (choice->kind) {
    case CHOICE_PUBLISH:
        buf_printf(out, "event %d is published", scene->published + 1);
        break;
    case CHOICE_ANSWER:
    case CHOICE_LOOK:
    case CHOICE_ARRIVE:
        write_request(&world->requests[choice->place], choice, out);
        break;
    case CHOICE_PRODUCED:
    case CHOICE_WRITE:
        write_produce(&world->produces[choice->place], choice, out);
        break;
    case CHOICE_COMMITTED:
    case CHOICE_APPLY:
    case CHOICE_COMMIT_LATE:
        write_commit(&world->commits[choice->place], choice, out);
        break;
    case CHOICE_LATE_WRITE:
        fake_request_write(out, &world->lates[choice->place].what);
        buf_add_text(out, ": done late");
        break;
    case CHOICE_LATE_COMMITTED:
        buf_printf(out, "late commit of %lld arrives",
                   (long long)world->late_commits[choice->place].what.offset);
        break;
    case CHOICE_TIME:
    case CHOICE_SLOW:
        write_time(scene, choice, out);
        break;
    case CHOICE_CLOSE:
        buf_printf(out, "an agent closes conversation %zu", choice->place + 1);
        break;
    case CHOICE_MAKE_AGAIN:
        buf_add_text(out, "the topic is made again");
        break;
    case CHOICE_CUT:
        buf_add_text(out, "the log loses its last record");
        break;
    case CHOICE_ASSIGN:
    case CHOICE_REBUILD:
    case CHOICE_FEED:
    case CHOICE_LEARN:
    case CHOICE_THAW:
    case CHOICE_REVOKE:
    case CHOICE_LOSE:
    case CHOICE_CRASH:
    case CHOICE_STOP:
    case CHOICE_RESTART:
    case CHOICE_FREEZE:
    case CHOICE_CHECKED:
        write_worker(out, choice->worker);
        buf_add_text(out, write_other(choice->kind));
        break;
    }
    if (choice->price > 0)
        buf_printf(out, "  [%d fault%s]", choice->price, choice->price == 1 ? "" : "s");
}
