/* What happens, in words, for traces that people read: an engine's effects stand behind a ">", all else is the world's. */
#include "world_take.h"

static const char *const fates[] = {
    [FATE_DONE] = "done",
    [FATE_LOST] = "lost on the way there",
    [FATE_LOST_STORED] = "done, the answer lost",
    [FATE_LOST_STORED_LATE] = "no answer, done later",
    [FATE_ERROR] = "500, not done",
    [FATE_ERROR_STORED] = "500, but done",
    [FATE_ERROR_STORED_LATE] = "500, done later",
    [FATE_GARBAGE] = "done, the answer unreadable",
    [FATE_NOT_SENT] = "could not be sent",
    [FATE_BUSY] = "429, in 2 s again",
    [FATE_REFUSED] = "422, refused",
    [FATE_TOO_LARGE] = "done, the answer too large",
    [FATE_UNAUTHORIZED] = "401, the key is refused",
    [FATE_MISSING] = "404 in Papercups' own words, though it is there",
    [FATE_STRAY] = "404 of something in between",
    [FATE_STRAY_STORED] = "409 of something in between, but done",
    [FATE_FORBIDDEN] = "403 of something in between",
    [FATE_FORBIDDEN_STORED] = "403 of something in between, but done",
    [FATE_LOGIN] = "302 of something in between",
    [FATE_LOGIN_STORED] = "302 of something in between, but done",
    [FATE_UNAVAILABLE_STORED] = "503, in 2 s again, but done",
};

static const char *to_whom(int worker)
{
    return worker == WORLD_NOBODY ? " (nobody is told)" : "";
}

void world_tell_published(struct world *world, const struct record *record, const char *how)
{
    struct span id = fake_log_header(record, HEADER_ID);
    world_tell(world, WORLD_NOBODY, "published %d/%lld: %.*s to %.*s%s", (int)record->partition,
               (long long)record->offset, SPAN_ARGS(id), SPAN_ARGS(record->key), how);
}

void world_tell_request(struct world *world, int worker, const struct fake_request *request, const char *what)
{
    struct buf text;
    buf_init(&text, 256);
    fake_request_write(&text, request);
    world_tell(world, worker, "%s: %s%s", text.data, what, to_whom(worker));
    buf_done(&text);
}

void world_tell_answered(struct world *world, const struct world_request *request, enum fate fate)
{
    bool refused = fate == FATE_DONE && request->status >= 400;
    world_tell_request(world, request->worker, &request->what,
                       refused ? "refused, or not there" : fates[fate]);
}

void world_tell_assigned(struct world *world, int worker, int32_t partition)
{
    const struct fake_partition *log = &world->log.partitions[partition];
    struct progress progress;
    if (log->committed < 0)
        world_tell(world, worker, "assigned %d, never committed, end %lld", (int)partition,
                   (long long)log->end);
    else if (!progress_read(span_of(log->metadata), &progress))
        world_tell(world, worker, "assigned %d at %lld, without metadata, end %lld", (int)partition,
                   (long long)log->committed, (long long)log->end);
    else
        world_tell(world, worker, "assigned %d at %lld reach=%lld receipts=%lld, end %lld", (int)partition,
                   (long long)log->committed, (long long)progress.reach, (long long)progress.receipts,
                   (long long)log->end);
}

void world_tell_produced(struct world *world, const struct world_produce *produce, enum produced produced)
{
    static const char *const words[] = {
        [PRODUCED_OK] = "written", [PRODUCED_FAILED] = "not written", [PRODUCED_TOO_LARGE] = "too large"};
    if (strcmp(produce->topic, FAKE_RECEIPTS) == 0) {
        world_tell(world, produce->worker, "receipt %d/%lld: %s%s", (int)produce->record->partition,
                   (long long)produce->of, words[produced], to_whom(produce->worker));
        return;
    }
    struct span source =
        span_skip(fake_log_header(produce->record, "cupbearer-source"), strlen(FAKE_EVENTS "/"));
    world_tell(world, produce->worker, "dead letter %.*s: %s%s", SPAN_ARGS(source), words[produced],
               to_whom(produce->worker));
}

void world_tell_committed(struct world *world, const struct world_commit *commit, bool applied, bool ok)
{
    world_tell(world, commit->worker, "committed %d/%lld: %s%s", (int)commit->partition,
               (long long)commit->offset,
               !applied ? "failed"
               : ok     ? "applied"
                        : "applied, but told as failed",
               to_whom(commit->worker));
}
