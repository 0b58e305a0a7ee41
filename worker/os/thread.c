#include "os/thread.h"

int thread_start(struct thread *thread, void *(*run)(void *data), void *data, const char *what, struct err *err)
{
    int os = pthread_create(&thread->id, NULL, run, data);
    thread->started = os == 0;
    return os == 0 ? 0 : err_os(err, os, "no thread for %s", what);
}

void thread_join(struct thread *thread)
{
    if (thread->started)
        pthread_join(thread->id, NULL);
    thread->started = false;
}

void thread_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

struct timespec thread_deadline(int64_t wait_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t ns = at.tv_nsec + wait_ms % 1000 * 1000000;
    return (struct timespec){.tv_sec = at.tv_sec + (time_t)(wait_ms / 1000 + ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
}
