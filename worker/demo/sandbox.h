/* Where a demo happens: a directory with keys made on the spot, a keyring and a configuration, and the worker and the gate
 * that run with them as processes of their own, exactly as in production. */
#ifndef DEMO_SANDBOX_H
#define DEMO_SANDBOX_H

#include <stdbool.h>

#include "base/buf.h"
#include "demo/broker.h"
#include "demo/child.h"

#define SANDBOX_KEY_ID   "backend-1" /* the README's, so that its programs run here as they stand there */
#define SANDBOX_KEY_FILE SANDBOX_KEY_ID ".key"
#define SANDBOX_CONFIG   "cupbearer.conf"
#define SANDBOX_MESSAGES "messages" /* the directory of the templates, in the sandbox's */

struct sandbox {
    char directory[64];
    struct child worker, gate;
};

/* Makes the directory and what is in it: backend-1.key (HMAC) and gate.key (ed25519), mark.key, api.key, keyring.json,
 * tokens.json, demo.token, cupbearer.conf, messages/. gate_port 0: any free one. -1 with err; sandbox_done it in either case. */
int sandbox_init(struct sandbox *sandbox, const struct broker *broker, const char *papercups_url,
                uint16_t gate_port, struct err *err);
/* Stops what was started (SIGTERM, and waits) and deletes the directory. False where there was none, or it could not be deleted. */
bool sandbox_done(struct sandbox *sandbox);

/* Starts the worker, its log in worker.log, and waits until it has its partitions. -1 with err, the log's last line in
 * it, where it ends or takes longer than a minute. */
int sandbox_start_worker(struct sandbox *sandbox, struct err *err);

#endif
