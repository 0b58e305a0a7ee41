#include "os/thread.h"

#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"

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

struct crew {
    pthread_mutex_t mutex;
    pthread_cond_t advanced;
    size_t count, next; /* the next is guarded by the mutex, as is what follows */
    bool *worked;
    void (*work)(void *context, size_t i);
    void *context;
};

static void *crew_run(void *data)
{
    struct crew *crew = data;
    pthread_mutex_lock(&crew->mutex);
    while (crew->next < crew->count) {
        size_t i = crew->next++;
        pthread_mutex_unlock(&crew->mutex);
        crew->work(crew->context, i);
        pthread_mutex_lock(&crew->mutex);
        crew->worked[i] = true;
        pthread_cond_signal(&crew->advanced); /* one waits: who called */
    }
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

static void crew_await(struct crew *crew, size_t i)
{
    pthread_mutex_lock(&crew->mutex);
    while (!crew->worked[i])
        pthread_cond_wait(&crew->advanced, &crew->mutex);
    pthread_mutex_unlock(&crew->mutex);
}

void threads_each(size_t count, size_t at_once, void (*work)(void *context, size_t i), void (*done)(void *context, size_t i),
                  void *context)
{
    struct crew crew = {.mutex = PTHREAD_MUTEX_INITIALIZER, .advanced = PTHREAD_COND_INITIALIZER, .count = count, .work = work,
                        .context = context, .worked = mem_new(count, sizeof(*crew.worked))};
    size_t started = 0, most = at_once < count ? at_once : count;
    struct thread *threads = mem_new(most, sizeof(*threads));
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    while (started < most && thread_start(&threads[started], crew_run, &crew, "a part of the work", NULL) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started == 0)
        crew_run(&crew);
    for (size_t i = 0; i < count; i++) {
        crew_await(&crew, i);
        done(context, i);
    }
    for (size_t i = 0; i < started; i++)
        thread_join(&threads[i]);
    free(threads);
    free(crew.worked);
    pthread_cond_destroy(&crew.advanced);
    pthread_mutex_destroy(&crew.mutex);
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
