/* Threads that are waited for at their end, work that several do side by side, and conditions whose deadlines are of
 * CLOCK_MONOTONIC. */
#ifndef OS_THREAD_H
#define OS_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
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

/* Calls work(context, i) for each i below `count`, for up to `at_once` of them at a time, each in a thread; and done(context, i),
 * by who calls this, in the order of i, once its work has returned. Returns when all is done. Signals stay with who calls, also
 * those of threads that the work starts and leaves behind. Where no thread is to be had, who calls does the work. */
void threads_each(size_t count, size_t at_once, void (*work)(void *context, size_t i), void (*done)(void *context, size_t i),
                  void *context);

/* pthread_cond_destroy it. */
void thread_cond_init(pthread_cond_t *cond);
/* So many milliseconds from now, for pthread_cond_timedwait on such a condition. */
struct timespec thread_deadline(int64_t wait_ms);

#endif
