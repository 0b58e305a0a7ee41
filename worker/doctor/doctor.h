/* `cupbearer doctor`: all that can be said of an installation before, or beside, a worker that runs, by the checks that the start
 * of a worker makes. It goes on behind what is wrong, and writes nothing: no record, no message, no commit. */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include "os/finding.h"

/* Who is told. `area`: configuration, files, kafka, topics, guarantee, or "account NAME"; borrowed until it returns. */
struct doctor_sink {
    void (*take)(void *context, const char *area, const struct finding *finding);
    void *context;
};

/* Looks at all of the installation that the file (NULL: none) and the environment describe, and waits for brokers and Papercups.
 * No finding holds a secret. */
void doctor_check(const char *path, char *const *environment, const struct doctor_sink *sink);

#endif
