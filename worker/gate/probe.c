#include "gate/probe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "os/log.h"

#define EACH_S 2    /* how long it rests between two questions */
#define ASK_MS 3000 /* how long an answer may take */

struct probe {
    struct publisher *publisher;
    pthread_t thread;
    bool started;
    atomic_bool found;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool ending; /* guarded by the mutex */
};

/* The log has why; who asks the gate may be anybody. */
static void probe_set(struct probe *probe, bool found)
{
    char why[256];
    if (found == probe->found)
        return;
    probe->found = found;
    kafka_complaint(why, sizeof(why));
    if (found)
        log_say(LOG_LEVEL_INFO, "ready", "Kafka answers again");
    else
        log_say(LOG_LEVEL_WARNING, "not_ready", "Kafka does not answer%s%s", why[0] != 0 ? ": " : "", why);
}

static void *probe_run(void *data)
{
    struct probe *probe = data;
    pthread_mutex_lock(&probe->mutex);
    while (!probe->ending) {
        struct timespec until;
        pthread_mutex_unlock(&probe->mutex);
        probe_set(probe, publisher_finds_kafka(probe->publisher, ASK_MS));
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += EACH_S;
        pthread_mutex_lock(&probe->mutex);
        while (!probe->ending && pthread_cond_timedwait(&probe->ended, &probe->mutex, &until) == 0)
            ;
    }
    pthread_mutex_unlock(&probe->mutex);
    return NULL;
}

struct probe *probe_new(struct publisher *publisher, struct err *err)
{
    struct probe *probe = mem_new(1, sizeof(*probe));
    pthread_condattr_t monotonic;
    probe->publisher = publisher;
    probe->found = true;
    pthread_mutex_init(&probe->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&probe->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int os = pthread_create(&probe->thread, NULL, probe_run, probe);
    probe->started = os == 0;
    if (probe->started)
        return probe;
    probe_free(probe);
    err_os(err, os, "no thread that asks whether Kafka is there");
    return NULL;
}

void probe_free(struct probe *probe)
{
    if (probe == NULL)
        return;
    pthread_mutex_lock(&probe->mutex);
    probe->ending = true;
    pthread_cond_signal(&probe->ended);
    pthread_mutex_unlock(&probe->mutex);
    if (probe->started)
        pthread_join(probe->thread, NULL);
    pthread_cond_destroy(&probe->ended);
    pthread_mutex_destroy(&probe->mutex);
    free(probe);
}

bool probe_found_kafka(const struct probe *probe)
{
    return probe->found;
}
