#include "gate/publisher.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/partitioner.h"
#include "kafka/publish.h"
#include "kafka/topic_checks.h"
#include "os/log.h"
#include "os/thread.h"

#define POLL_MS 200

struct publisher {
    const struct config *config;
    rd_kafka_t *rk;
    int32_t partition_count;
    struct thread thread;
    atomic_bool ending;
    pthread_mutex_t mutex; /* for the waits, and for what follows */
    struct publisher_counts counts;
    char complaint[256];
    char fatal[256];
};

/* On the stack of the thread that waits. */
struct wait {
    pthread_cond_t done;
    struct publish_report report;
};

/* Called from rd_kafka_poll only, as is the next. */
static void publisher_note(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct publisher *publisher = opaque;
    struct wait *wait = message->_private;
    (void)rk;
    pthread_mutex_lock(&publisher->mutex);
    wait->report = publish_report_of(message);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        publisher->complaint[0] = 0;
    pthread_cond_signal(&wait->done);
    pthread_mutex_unlock(&publisher->mutex);
}

static void publisher_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct publisher *publisher = opaque;
    pthread_mutex_lock(&publisher->mutex);
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        rd_kafka_fatal_error(rk, publisher->fatal, sizeof(publisher->fatal));
    else if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) /* follows the one that says why */
        snprintf(publisher->complaint, sizeof(publisher->complaint), "%s", reason);
    pthread_mutex_unlock(&publisher->mutex);
    log_say(LOG_LEVEL_WARNING, "publisher", "%s", reason);
}

static void *publisher_run(void *data)
{
    struct publisher *publisher = data;
    while (!publisher->ending)
        rd_kafka_poll(publisher->rk, POLL_MS);
    return NULL;
}

static int publisher_start(struct publisher *publisher, struct err *err)
{
    unsigned deviations;
    int brokers;
    rd_kafka_conf_t *conf = publish_conf_new(publisher->config, err);
    if (conf == NULL)
        return -1;
    rd_kafka_conf_set_dr_msg_cb(conf, publisher_note);
    rd_kafka_conf_set_error_cb(conf, publisher_error);
    rd_kafka_conf_set_opaque(conf, publisher);
    publisher->rk = kafka_new(RD_KAFKA_PRODUCER, conf, err);
    if (publisher->rk == NULL ||
        topic_checks(publisher->rk, publisher->config, &publisher->partition_count, &brokers, &deviations, err) != 0)
        return -1;
    return thread_start(&publisher->thread, publisher_run, publisher, "the producer", err);
}

struct publisher *publisher_new(const struct config *config, struct err *err)
{
    struct publisher *publisher = mem_new(1, sizeof(*publisher));
    publisher->config = config;
    pthread_mutex_init(&publisher->mutex, NULL);
    if (publisher_start(publisher, err) == 0)
        return publisher;
    publisher_free(publisher);
    return NULL;
}

void publisher_free(struct publisher *publisher)
{
    if (publisher == NULL)
        return;
    publisher->ending = true;
    thread_join(&publisher->thread);
    if (publisher->rk != NULL)
        rd_kafka_destroy(publisher->rk);
    pthread_mutex_destroy(&publisher->mutex);
    free(publisher);
}

int32_t publisher_partition_count(const struct publisher *publisher)
{
    return publisher->partition_count;
}

int publisher_send(struct publisher *publisher, const struct record *record, int32_t *partition,
                   int64_t *offset, struct err *err)
{
    struct wait wait = {.done = PTHREAD_COND_INITIALIZER};
    *partition =
        partitioner_partition(publisher->config->partitioner, record->key, publisher->partition_count);
    rd_kafka_resp_err_t error =
        publish_start(publisher->rk, publisher->config->events_topic, *partition, record, &wait);
    pthread_mutex_lock(&publisher->mutex);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        publisher->counts.not_stored++;
        pthread_mutex_unlock(&publisher->mutex);
        return err_set(err, error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? ERR_LIMIT : ERR_UNREACHABLE,
                       "the record was not published: %s", rd_kafka_err2str(error));
    }
    publisher->counts.waiting++;
    while (!wait.report.done) /* ends: message.timeout.ms */
        pthread_cond_wait(&wait.done, &publisher->mutex);
    int result = publish_reported(&wait.report, publisher->complaint,
                                  "send the same bytes again, no customer sees an event twice", err);
    bool lost = wait.report.status == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    publisher->counts.waiting--;
    publisher->counts.published += result == 0;
    publisher->counts.not_stored += result != 0 && lost;
    publisher->counts.unknown += result != 0 && !lost;
    pthread_mutex_unlock(&publisher->mutex);
    pthread_cond_destroy(&wait.done);
    *offset = wait.report.offset;
    return result;
}

void publisher_count(struct publisher *publisher, struct publisher_counts *out)
{
    pthread_mutex_lock(&publisher->mutex);
    *out = publisher->counts;
    pthread_mutex_unlock(&publisher->mutex);
}

bool publisher_finds_kafka(struct publisher *publisher, int wait_ms)
{
    struct topic_place place;
    return topic_place_ask(publisher->rk, publisher->config->events_topic, wait_ms, &place) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           place.has_leader;
}

const char *publisher_fatal(struct publisher *publisher)
{
    pthread_mutex_lock(&publisher->mutex);
    bool fatal = publisher->fatal[0] != 0;
    pthread_mutex_unlock(&publisher->mutex);
    return fatal ? publisher->fatal : NULL;
}
