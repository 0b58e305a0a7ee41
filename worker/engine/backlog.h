/* An account's share of memory is full: further events of it are refused, by who has the partition for certain. */
#ifndef ENGINE_BACKLOG_H
#define ENGINE_BACKLOG_H

#include "engine/job.h"

/* Whether this worker is the one to refuse an event for which its account had no room. */
bool backlog_may_refuse(const struct engine *engine, const struct job *job);
/* The outcome of that. */
enum outcome backlog_refuse(const struct engine *engine, struct job *job);

#endif
