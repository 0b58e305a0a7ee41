/* Threads that are waited for at their end, and conditions whose deadlines are of CLOCK_MONOTONIC. */
#ifndef OS_THREAD_H
#define OS_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"

/* All zero: none. */
struct thread {
    pthread_t id;
    bool started;
};

/* Runs run(data). -1 with err: "no thread for ", `what` and why. */
int thread_start(struct thread *thread, void *(*run)(void *data), void *data, const char *what, struct err *err);
/* Waits for its end, where it was started. */
void thread_join(struct thread *thread);

/* pthread_cond_destroy it. */
void thread_cond_init(pthread_cond_t *cond);
/* So many milliseconds from now, for pthread_cond_timedwait on such a condition. */
struct timespec thread_deadline(int64_t wait_ms);

#endif
