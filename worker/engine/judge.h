/* What may end an event before anything is asked or posted for it: it repeats another, its time is over, its key may not, its
 * customer gets too many. */
#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

#include "engine/job.h"

/* Whether it repeats an event before it, now that it is at the head. One that failed before may come again when it was
 * signed anew; it may have been shown all the same, so it is read back first. False: it is settled. */
bool judge_head(struct engine *engine, struct job *job);
/* The checks of time, once. One that may have been shown already is read back before they are made: it must not be called
 * expired, or refused for its key, when it was delivered. False: it is settled. */
bool judge_time(struct engine *engine, struct job *job);

#endif
