/* What happens to a worker: partitions, records, and what becomes of all that it has sent. */
#include "world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "world_take.h"

static struct share *world_share(struct world *world, int worker, int32_t partition)
{
    return &world->workers[worker].shares[partition];
}

void world_tick(struct world *world, int worker)
{
    world_take(world, worker, &(struct input){.type = INPUT_TICK});
}

/* ---- partitions ---- */

/* What another worker, or one that is gone, has sent before may be written after the receipts were read. */
static bool world_is_cut_off(const struct world *world, int worker, int32_t partition)
{
    for (size_t i = 0; i < world->produce_count; i++)
        if (world->produces[i].worker != worker && !world->produces[i].written &&
            world->produces[i].record->partition == partition)
            return true;
    return false;
}

void world_rebuild(struct world *world, int worker, int32_t partition)
{
    const struct fake_partition *log = &world->log.partitions[partition];
    struct share *share = world_share(world, worker, partition);
    assert(share->reading);
    share->reading = false;
    world->cut_off = world->cut_off || world_is_cut_off(world, worker, partition);
    size_t end = log->receipt_count;
    for (size_t i = fake_log_receipts_from(log, share->receipts_from, share->since.ms); i < end; i++)
        world_take(world, worker,
                   &(struct input){
                       .type = INPUT_RECEIPT, .partition = partition, .record = log->receipts[i].record});
    world_tell(world, worker, "receipts of %d read to %zu", (int)partition, end);
    world_take(world, worker,
               &(struct input){.type = INPUT_REBUILT, .partition = partition, .offset = (int64_t)end});
}

bool world_feed(struct world *world, int worker, int32_t partition)
{
    struct share *share = world_share(world, worker, partition);
    world_reset(world, worker, partition);
    const struct record *record = world_next_record(world, worker, partition);
    if (record == NULL)
        return false;
    share->position = record->offset + 1;
    world_note_ahead(world, worker, record);
    world_tell(world, worker, "record %d/%lld", (int)partition, (long long)record->offset);
    world_take(world, worker, &(struct input){.type = INPUT_RECORD, .record = record});
    return true;
}

void world_revoke(struct world *world, int worker, int32_t partition)
{
    struct share *share = world_share(world, worker, partition);
    share->revoked = true;
    share->revoked_at = world->now.mono;
    share->started = share->reading = false;
    world_tell(world, worker, "revoked %d", (int)partition);
    world_take(world, worker, &(struct input){.type = INPUT_REVOKED, .partition = partition});
}

void world_lose(struct world *world, int worker, int32_t partition)
{
    struct share *share = world_share(world, worker, partition);
    *share = (struct share){.held = true, .paused = share->paused, .revoked = true, .lost = true};
    world_excuse(world, worker, partition);
    world_tell(world, worker, "lost %d", (int)partition);
    world_take(world, worker, &(struct input){.type = INPUT_LOST, .partition = partition});
}

void world_stop(struct world *world, int worker)
{
    for (int32_t i = 0; i < world->options.partition_count; i++) {
        world_share(world, worker, i)->revoked = true;
        world_share(world, worker, i)->revoked_at = world->now.mono;
    }
    world_tell(world, worker, "stop");
    world_take(world, worker, &(struct input){.type = INPUT_STOP});
}

/* ---- requests ---- */

void world_close(struct world *world, unsigned conversation)
{
    world_tell(world, WORLD_NOBODY, "an agent closes v%u", conversation);
    struct fake_conversation *one = &world->papercups.conversations[conversation - 1];
    if (!one->closed)
        one->closed_at = world->now.mono;
    one->closed = true;
}

unsigned world_store(struct world *world, const char *account, const struct fake_request *request)
{
    unsigned count = world->papercups.message_count;
    unsigned made = fake_papercups_store(&world->papercups, account, request, world->now);
    if (world->papercups.message_count > count)
        world_check_stored(world, &world->papercups.messages[count]);
    return made;
}

/* `request` gets its answer; `made` as world_store says. */
static void world_answered(struct world *world, struct world_request *request, unsigned made)
{
    request->date = world->now.wall;
    request->status = !world_takes_key(world, request)
                          ? fake_papercups_error(401, &request->body)
                          : fake_papercups_answer(&world->papercups, request->account, &request->what, made,
                                                  &request->body);
    world_keep_answer(world, request);
}

void world_look(struct world *world, size_t place)
{
    struct world_request *request = &world->requests[place];
    assert(request->status == 0 && !fake_request_writes(&request->what));
    world_tell_request(world, request->worker, &request->what, "looked up");
    world_answered(world, request, 0);
}

void world_late(struct world *world, const struct world_request *request, int64_t ms)
{
    if (!fake_request_writes(&request->what) || !world_takes_key(world, request))
        return;
    world->lates = realloc(world->lates, (world->late_count + 1) * sizeof(*world->lates));
    if (world->lates == NULL)
        abort();
    struct world_late *late = &world->lates[world->late_count++];
    *late = (struct world_late){.at = mono_after(world->now.mono, ms), .what = request->what};
    snprintf(late->account, sizeof(late->account), "%s", request->account);
}

/* Papercups does what is asked, and `request` gets its answer. */
static void world_do(struct world *world, struct world_request *request)
{
    unsigned made = 0;
    if (request->status == 0 && fake_request_writes(&request->what) && world_takes_key(world, request))
        made = world_store(world, request->account, &request->what);
    if (request->status == 0)
        world_answered(world, request, made);
}

void world_arrive(struct world *world, size_t place, bool arrives)
{
    struct world_request *request = &world->requests[place];
    if (request->status != 0)
        return;
    arrives = arrives && !world_is_away(world, request);
    world_tell_request(world, request->worker, &request->what, arrives ? "arrives" : "never arrives");
    if (arrives)
        world_do(world, request);
    else
        request->status = -1; /* never answered */
}


static void world_mark_told(struct world *world, const struct fake_request *what)
{
    bool of_customer = what->kind == CALL_LIST_CONVERSATIONS || what->kind == CALL_POST_CONVERSATION;
    bool of_conversation = what->kind == CALL_READ_CONVERSATION || what->kind == CALL_REOPEN;
    unsigned most = of_customer ? world->papercups.customer_count : world->papercups.conversation_count;
    if ((of_customer || of_conversation) && what->id <= most) /* else it is the answer to another question */
        world->papercups
            .customers[(of_customer ? what->id : world->papercups.conversations[what->id - 1].customer) - 1]
            .told_at = world->now.mono;
}

/* What is told to a former owner is nothing to the one after it. */
static bool world_is_owners(const struct world *world, const struct world_request *request)
{
    if (request->worker == WORLD_NOBODY || request->partition < 0)
        return false;
    const struct share *share = &world->workers[request->worker].shares[request->partition];
    return share->held && !share->given_away && mono_reached(share->assigned_at, request->sent_at);
}

void world_answer(struct world *world, size_t place, enum fate fate)
{
    assert(place < world->request_count);
    struct world_request request = world->requests[place];
    if (request.too_late)
        fate = FATE_NOT_SENT;
    else if (request.status < 0)
        fate = FATE_LOST;
    else if (request.status > 0 && fake_request_writes(&request.what))
        fate = fate == FATE_DONE ? FATE_DONE : FATE_LOST; /* it has arrived already */
    else if (world_is_away(world, &request))
        fate = world_fate_away(world, &request, fate);
    world->request_count--;
    memmove(&world->requests[place], &world->requests[place + 1],
            (world->request_count - place) * sizeof(request));
    if (world_fate_stores(fate))
        world_do(world, &request);
    else if (fate == FATE_LOST_STORED_LATE || fate == FATE_ERROR_STORED_LATE)
        world_late(world, &request, WORLD_SETTLE_MS - 1 - world->options.stale_ms);
    bool well = fate == FATE_DONE && request.status < 400 && !request.swapped;
    if (well && world_is_owners(world, &request))
        world_mark_answered(world, &request);
    /* By an old answer too, and who has lost its partition may go on with what it was told. */
    if (fate == FATE_DONE && request.status < 400 && request.worker != WORLD_NOBODY)
        world_mark_told(world, &request.what);
    if (!well)
        world_excuse_conversation(world, &request);
    const struct reply reply = world_reply(&request, fate);
    world_note_answer(world, &request, fate, &reply);
    world_tell_answered(world, &request, fate);
    if (request.worker != WORLD_NOBODY)
        world_take(world, request.worker,
                   &(struct input){.type = INPUT_ANSWERED, .handle = request.handle, .reply = &reply});
    buf_done(&request.body);
}

/* ---- Kafka ---- */

static bool world_is_own_stamp(const struct world *world, const struct world_produce *produce)
{
    return strcmp(produce->topic, FAKE_RECEIPTS) == 0 ? world->options.receipts_by_producer
                                                      : world->options.dead_by_producer;
}

static void world_stamp(const struct world *world, const struct world_produce *produce)
{
    if (!world_is_own_stamp(world, produce) || produce->record->timestamp_ms == 0)
        produce->record->timestamp_ms = world->now.wall.ms;
}

void world_write(struct world *world, size_t place)
{
    struct world_produce *produce = &world->produces[place];
    world_stamp(world, produce);
    produce->offset = fake_log_write(&world->log, produce->topic, produce->record);
    produce->written = true;
}

void world_acknowledge(struct world *world, size_t place, enum produced produced)
{
    assert(place < world->produce_count);
    struct world_produce produce = world->produces[place];
    world->produce_count--;
    memmove(&world->produces[place], &world->produces[place + 1],
            (world->produce_count - place) * sizeof(produce));
    int64_t offset = produce.written ? produce.offset : -1;
    produced = produce.written ? PRODUCED_OK : produced;
    if (!produce.written)
        world_stamp(world, &produce);
    if (produced == PRODUCED_OK && !produce.written)
        offset = fake_log_write(&world->log, produce.topic, produce.record);
    world_tell_produced(world, &produce, produced);
    bool told = produced == PRODUCED_OK && !world_is_own_stamp(world, &produce);
    if (produce.worker != WORLD_NOBODY)
        world_take(world, produce.worker,
                   &(struct input){.type = INPUT_PRODUCED,
                                   .handle = produce.handle,
                                   .produced = produced,
                                   .offset = offset,
                                   .stamp_ms = told ? produce.record->timestamp_ms : 0});
    free(produce.record);
}

void world_apply(struct world *world, size_t place)
{
    struct world_commit *commit = &world->commits[place];
    assert(!commit->fenced);
    world_store_commit(world, commit);
    commit->applied = true;
}

void world_committed(struct world *world, size_t place, bool applied, bool ok)
{
    assert(place < world->commit_count);
    struct world_commit commit = world->commits[place];
    world->commit_count--;
    memmove(&world->commits[place], &world->commits[place + 1],
            (world->commit_count - place) * sizeof(commit));
    applied = applied && !commit.fenced && !commit.applied;
    if (applied)
        world_store_commit(world, &commit);
    world_tell_committed(world, &commit, applied, ok);
    if (ok && commit.worker != WORLD_NOBODY) {
        struct worker *w = &world->workers[commit.worker];
        w->proved_at = w->proved ? mono_later(w->proved_at, commit.sent_at) : commit.sent_at;
        w->proved = true;
    }
    if (commit.worker != WORLD_NOBODY)
        world_take(
            world, commit.worker,
            &(struct input){
                .type = INPUT_COMMITTED, .partition = commit.partition, .handle = commit.handle, .ok = ok});
}

void world_commit_late(struct world *world, size_t place, int64_t ms)
{
    world->late_commits =
        mem_grow(world->late_commits, world->late_commit_count + 1, sizeof(*world->late_commits));
    world->late_commits[world->late_commit_count++] =
        (struct world_late_commit){mono_after(world->now.mono, ms), world->commits[place]};
    world_committed(world, place, false, false);
}

void world_forget(struct world *world)
{
    for (size_t i = world->request_count; i > 0; i--)
        if (world->requests[i - 1].worker == WORLD_NOBODY)
            world_answer(world, i - 1, FATE_LOST);
    for (size_t i = world->produce_count; i > 0; i--)
        if (world->produces[i - 1].worker == WORLD_NOBODY)
            world_acknowledge(world, i - 1, PRODUCED_FAILED);
    for (size_t i = world->commit_count; i > 0; i--)
        if (world->commits[i - 1].worker == WORLD_NOBODY)
            world_committed(world, i - 1, false, false);
}
