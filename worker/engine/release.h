/* Partitions go: in order, when they are revoked, or at once, when they are lost. */
#ifndef ENGINE_RELEASE_H
#define ENGINE_RELEASE_H

#include "engine/job.h"

/* INPUT_REVOKED: nothing new starts, what is under way may end. `why`: for the trace. */
void release_begin(struct engine *engine, struct partition *partition, const char *why);
/* The job goes to the partition's next owner, for whom it is in doubt where it may be shown. */
void release_job(struct engine *engine, struct job *job);
/* Its time is over: what has no outcome yet goes to the next owner, too. */
void release_undecided(struct engine *engine, struct partition *partition);
/* Nothing of it is left; frees it. */
void release_end(struct engine *engine, struct partition *partition);
/* INPUT_LOST; frees it. */
void release_at_once(struct engine *engine, struct partition *partition);
/* Another record stands at an offset that was read: the log is not the one that it was. Frees it. */
void release_changed(struct engine *engine, struct partition *partition, int64_t offset);

/* A dead letter or a receipt of a job that was given up was answered; does nothing where there is no such one. */
void release_orphan_done(struct engine *engine, engine_handle handle);
/* Whether such are under way for the partition: they may be written still. */
bool release_has_orphans(const struct engine *engine, int32_t partition);

#endif
