/* What was found out about the customer of a job: its row is that of the page's host and e-mail. */
#ifndef ENGINE_KNOWN_H
#define ENGINE_KNOWN_H

#include "engine/job.h"

bool known_find(struct engine *engine, const struct job *job, struct cached *out);
void known_put(struct engine *engine, const struct job *job);
void known_forget(struct engine *engine, const struct job *job);

#endif
