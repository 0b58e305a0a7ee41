/* Where a demo happens: a directory with keys made on the spot, a keyring and a configuration, and the worker that runs
 * with them as a process of its own, exactly as in production. */
#ifndef DEMO_GROUND_H
#define DEMO_GROUND_H

#include <sys/types.h>

#include "base/err.h"
#include "demo/broker.h"

#define GROUND_KEY_ID "demo"

struct ground {
    char directory[64];
    pid_t worker; /* 0: none runs */
};

/* Makes the directory and what is in it: demo.key (ed25519), mark.key, api.key, keyring.json, cupbearer.conf. -1 with
 * err; ground_done it in either case. */
int ground_init(struct ground *ground, const struct broker *broker, const char *papercups_url,
                struct err *err);
/* Stops the worker (SIGTERM, and waits) and deletes the directory. */
void ground_done(struct ground *ground);

/* Starts the worker, its log in worker.log, and waits until it has its partitions. -1 with err, the log's last line in
 * it, where it ends or takes longer than a minute. */
int ground_start_worker(struct ground *ground, struct err *err);

/* The path of a file in the directory, in out. */
void ground_path(const struct ground *ground, const char *name, char out[128]);

#endif
