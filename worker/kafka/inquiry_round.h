/* One round of kafka/inquiry's thread: everything open is asked, each call with a deadline. Only these two include this. */
#ifndef KAFKA_INQUIRY_ROUND_H
#define KAFKA_INQUIRY_ROUND_H

#include <pthread.h>

#include "kafka/inquiry.h"

/* Taken by the thread while it asks; `forgotten`, `done` and the trouble only under the mutex. */
struct inquiry_question {
    struct inquiry_answer answer;
    struct wall since;
    bool has_committed;
    int32_t leader;
    bool forgotten; /* the thread frees it */
    bool done;      /* the loop does */
    const char *trouble;
    rd_kafka_resp_err_t code;
};

struct inquiry {
    rd_kafka_t *clients[INQUIRY_KINDS];
    const char *topics[INQUIRY_KINDS];
    int fd;
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct inquiry_question **list;
    size_t count, capacity;
    bool ending, asked; /* asked: since the thread looked */
};

/* What is asked at once. Those that are done are NULL. */
struct round {
    struct inquiry *inquiry;
    struct inquiry_question **list;
    size_t count;
};

/* Asks; what is answered is done. */
void round_ask(struct round *round);

#endif
