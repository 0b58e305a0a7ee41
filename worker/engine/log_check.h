/* Whether a partition's log is still the one that was read: a topic may be deleted and made again under its owner, and have as
 * many records by the next fetch as were read of the one before. Then the fetch goes on in the middle of it, nobody says so,
 * and what stands before that would never be read. So now and then (log_check_ms) the broker is asked for a record that was
 * read: the newest of those that had been when it was asked before. Be the log changed at a moment C: the first question that
 * is answered after C is about a record that was read before C, for the question before it was asked before C; and so another
 * record is found there, or none. Until then commits name that record, too (progress.seen), for the last one below the
 * watermark may be of the new log by then. */
#ifndef ENGINE_LOG_CHECK_H
#define ENGINE_LOG_CHECK_H

#include "engine/engine.h"
#include "engine/partition.h"

void log_check_begin(const struct engine *engine, struct partition *partition);
void log_check_read(const struct engine *engine, struct partition *partition, int64_t offset, uint32_t stamp);
/* Sends the check that is due. */
void log_check_turn(struct engine *engine, struct partition *partition);
/* INPUT_LOG_CHECKED. May free the partition. */
void log_check_answered(struct engine *engine, struct partition *partition, const struct input *input);

#endif
