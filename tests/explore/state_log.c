/* A state's fingerprint where logs change: whether what somebody knows of a record is still true. A stamp's number makes no
 * difference: none comes twice. */
#include "engine/internal.h"

#include "explore/scene.h"

static void mark_record(struct mark *mark, const struct fake_partition *log, int64_t offset, uint32_t stamp)
{
    mark_number(mark, "known", stamp == 0 ? -1 : offset);
    mark_number(mark, "stands", stamp != 0 && fake_log_mark(log, offset) == stamp);
}

void mark_progress_log(struct mark *mark, const struct fake_partition *log, const struct progress *progress)
{
    mark_record(mark, log, progress->last, progress->has_last ? progress->last_stamp : 0);
    mark_record(mark, log, progress->seen, progress->has_seen ? progress->seen_stamp : 0);
    mark_number(mark, "inside", progress->inside);
}

void mark_share_log(struct mark *mark, const struct fake_partition *log, const struct share *share)
{
    mark_number(mark, "behind", share->held ? log->generation - share->generation : 0);
    mark_number(mark, "reset", share->held && share->reset == log->generation);
    mark_number(mark, "asks", share->check != 0 ? share->check_from + 1 : 0);
    mark_number(mark, "again", share->again);
}

void mark_world_log(struct mark *mark, const struct fake_partition *log)
{
    mark_number(mark, "changed", log->generation);
    mark_number(mark, "made_again", log->made_again);
    mark_number(mark, "committed_behind", log->generation - log->committed_generation);
    mark_number(mark, "ahead", log->ahead);
    for (size_t i = 0; i < log->event_count; i++) {
        mark_number(mark, "at", log->events[i]->offset);
        mark_span(mark, "id", fake_log_header(log->events[i], HEADER_ID));
    }
    for (size_t i = 0; i < log->receipt_count; i++)
        mark_number(mark, "receipt_stands", fake_log_stamp(log, log->receipts[i].of) == log->receipts[i].of_ms);
    for (int64_t i = 0; i < EVENTS_MOST; i++)
        mark_number(mark, "dead", fake_log_is_dead(log, i));
}

static void mark_offsets_log(struct mark *mark, const struct fake_partition *log, const struct offsets *offsets)
{
    mark_record(mark, log, offsets->last, offsets->last_stamp);
    for (int64_t at = offsets->low; at < offsets->next; at++) {
        uint64_t place = (uint64_t)at;
        mark_number(mark, "settled", (int64_t)(offsets->bits[(place / 64) & (offsets->words - 1)] >> (place % 64) & 1));
        mark_record(mark, log, at, offsets->stamps[place & (offsets->words * 64 - 1)]);
    }
}

void mark_partition_log(struct mark *mark, const struct engine *engine, const struct partition *partition,
                        const struct scene *scene)
{
    const struct fake_partition *log = &scene->world->log.partitions[partition->id];
    mark_offsets_log(mark, log, &partition->offsets);
    mark_record(mark, log, partition->newest.offset, partition->newest.stamp);
    mark_record(mark, log, partition->witness.offset, partition->witness.stamp);
    mark_number(mark, "asks", partition->check_handle != 0);
    if (partition->check_handle != 0) {
        mark_number(mark, "asks_last", partition->check_handle == engine->last_check);
        mark_record(mark, log, partition->asked.offset, partition->asked.stamp);
        mark_record(mark, log, partition->asked_at.offset, partition->asked_at.stamp);
    }
    mark_number(mark, "check_at", mark_left(scene, partition->check_at));
    mark_number(mark, "inside", partition->inside);
    mark_number(mark, "unproved", partition->unproved);
    mark_number(mark, "proves", partition->unproved && partition->committing >= 0 &&
                                    partition->commit_handle > partition->unproved_until);
    for (size_t i = partition->receipted.next; i < partition->receipted.count; i++)
        mark_number(mark, "receipted_stands",
                    partition->receipted.list[i].timestamp_ms == fake_log_stamp(log, partition->receipted.list[i].offset));
    const struct job *job;
    TAILQ_FOREACH(job, &partition->jobs, in_list)
        mark_number(mark, "job_stands", fake_log_stamp(log, job->record->offset) == job->record->timestamp_ms);
}
