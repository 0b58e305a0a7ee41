#include "gate/probe.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "os/log.h"
#include "os/thread.h"

#define EACH_MS 2000 /* between two questions */
#define ASK_MS  3000 /* how long an answer may take */

struct probe {
    struct publisher *publisher;
    struct thread thread;
    atomic_bool found;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool ending; /* guarded by the mutex */
};

/* The log says why; the answer to a request does not, since anybody may ask. */
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
        pthread_mutex_unlock(&probe->mutex);
        probe_set(probe, publisher_finds_kafka(probe->publisher, ASK_MS));
        struct timespec until = thread_deadline(EACH_MS);
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
    probe->publisher = publisher;
    probe->found = true;
    pthread_mutex_init(&probe->mutex, NULL);
    thread_cond_init(&probe->ended);
    if (thread_start(&probe->thread, probe_run, probe, "the question whether Kafka is there", err) == 0)
        return probe;
    probe_free(probe);
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
    thread_join(&probe->thread);
    pthread_cond_destroy(&probe->ended);
    pthread_mutex_destroy(&probe->mutex);
    free(probe);
}

bool probe_found_kafka(const struct probe *probe)
{
    return probe->found;
}
