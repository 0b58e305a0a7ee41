/* Callers that wait, for receipts or for Papercups: each holds one of the server's connections, most of which are for publishing. */
#ifndef GATE_ACCESS_WAITING_H
#define GATE_ACCESS_WAITING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define WAITING_MAX       128 /* connections */
#define WAITING_NAME_SIZE 32

struct waiting {
    pthread_mutex_t mutex;
    size_t max, of_one, count;
    unsigned char names[WAITING_MAX][WAITING_NAME_SIZE];
};

/* At most `max` (up to WAITING_MAX) at once, and `of_one` of them of one name: the rest is for others. */
void waiting_init(struct waiting *waiting, size_t max, size_t of_one);
void waiting_done(struct waiting *waiting);

/* Whether one more of that name, such as a token's hash, may wait; then waiting_end. */
bool waiting_begin(struct waiting *waiting, const unsigned char name[WAITING_NAME_SIZE]);
void waiting_end(struct waiting *waiting, const unsigned char name[WAITING_NAME_SIZE]);
/* How many wait. */
size_t waiting_count(struct waiting *waiting);

#endif
