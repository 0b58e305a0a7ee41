/* Callers that wait for receipts: each holds one of the server's connections, most of which are for publishing. */
#ifndef GATE_WAITING_H
#define GATE_WAITING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "gate/access/tokens.h"

#define WAITING_MAX    128 /* connections */
#define WAITING_OF_ONE 64  /* of them, by one token: the rest is for other tokens */

struct waiting {
    pthread_mutex_t mutex;
    size_t count;
    unsigned char hashes[WAITING_MAX][TOKEN_BYTES]; /* of their tokens */
};

void waiting_init(struct waiting *waiting);
void waiting_done(struct waiting *waiting);

/* Whether one more may wait with the token of that hash; then waiting_end. */
bool waiting_begin(struct waiting *waiting, const unsigned char hash[TOKEN_BYTES]);
void waiting_end(struct waiting *waiting, const unsigned char hash[TOKEN_BYTES]);
/* How many wait. */
size_t waiting_count(struct waiting *waiting);

#endif
