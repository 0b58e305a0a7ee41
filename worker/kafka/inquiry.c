#include "kafka/inquiry.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "kafka/inquiry_round.h"
#include "os/thread.h"

#define AGAIN_MS 250

/* ---- the thread ---- */

static void question_free(struct inquiry_question *question)
{
    rd_kafka_mem_free(NULL, question->answer.metadata);
    free(question);
}

/* Under the mutex. */
static void questions_purge(struct inquiry *inquiry)
{
    size_t kept = 0;
    for (size_t i = 0; i < inquiry->count; i++)
        if (inquiry->list[i]->forgotten)
            question_free(inquiry->list[i]);
        else
            inquiry->list[kept++] = inquiry->list[i];
    inquiry->count = kept;
}

/* Those that are not done; under the mutex. */
static struct round round_new(struct inquiry *inquiry)
{
    struct round round = {inquiry, mem_new(inquiry->count + 1, sizeof(*round.list)), 0};
    for (size_t i = 0; i < inquiry->count; i++)
        if (!inquiry->list[i]->done)
            round.list[round.count++] = inquiry->list[i];
    return round;
}

static void inquiry_pause(struct inquiry *inquiry)
{
    struct timespec at = thread_deadline(AGAIN_MS);
    while (!inquiry->ending && !inquiry->asked && pthread_cond_timedwait(&inquiry->changed, &inquiry->mutex, &at) == 0)
        ;
}

static void *inquiry_run(void *data)
{
    struct inquiry *inquiry = data;
    pthread_mutex_lock(&inquiry->mutex);
    while (!inquiry->ending) {
        questions_purge(inquiry);
        inquiry->asked = false;
        struct round round = round_new(inquiry);
        if (round.count > 0) {
            pthread_mutex_unlock(&inquiry->mutex);
            round_ask(&round);
            pthread_mutex_lock(&inquiry->mutex);
            inquiry_pause(inquiry);
        } else {
            while (!inquiry->ending && !inquiry->asked)
                pthread_cond_wait(&inquiry->changed, &inquiry->mutex);
        }
        free(round.list);
    }
    pthread_mutex_unlock(&inquiry->mutex);
    return NULL;
}

/* ---- the loop's side ---- */

struct inquiry *inquiry_new(const struct config *config, rd_kafka_t *events, rd_kafka_t *receipts, struct err *err)
{
    struct inquiry *inquiry = mem_new(1, sizeof(*inquiry));
    *inquiry = (struct inquiry){.clients = {events, receipts, events},
                              .topics = {config->events_topic, config->receipts_topic, config->events_topic},
                              .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    thread_cond_init(&inquiry->changed);
    pthread_mutex_init(&inquiry->mutex, NULL);
    int os = inquiry->fd < 0 ? errno : pthread_create(&inquiry->thread, NULL, inquiry_run, inquiry);
    inquiry->started = os == 0;
    if (os == 0)
        return inquiry;
    err_os(err, os, "no thread or eventfd for what brokers are asked");
    inquiry_free(inquiry);
    return NULL;
}

void inquiry_free(struct inquiry *inquiry)
{
    if (inquiry == NULL)
        return;
    pthread_mutex_lock(&inquiry->mutex);
    inquiry->ending = true;
    pthread_cond_signal(&inquiry->changed);
    pthread_mutex_unlock(&inquiry->mutex);
    if (inquiry->started)
        pthread_join(inquiry->thread, NULL);
    for (size_t i = 0; i < inquiry->count; i++)
        question_free(inquiry->list[i]);
    free(inquiry->list);
    if (inquiry->fd >= 0)
        close(inquiry->fd);
    pthread_cond_destroy(&inquiry->changed);
    pthread_mutex_destroy(&inquiry->mutex);
    free(inquiry);
}

int inquiry_fd(const struct inquiry *inquiry)
{
    return inquiry->fd;
}

void inquiry_ask(struct inquiry *inquiry, enum inquiry_kind kind, int32_t partition, struct wall since)
{
    inquiry_forget(inquiry, kind, partition);
    struct inquiry_question *question = mem_new(1, sizeof(*question));
    *question = (struct inquiry_question){.answer = {.kind = kind, .partition = partition}, .since = since};
    pthread_mutex_lock(&inquiry->mutex);
    if (inquiry->count == inquiry->capacity) {
        inquiry->capacity = inquiry->capacity * 2 + 16;
        inquiry->list = mem_grow(inquiry->list, inquiry->capacity, sizeof(*inquiry->list));
    }
    inquiry->list[inquiry->count++] = question;
    inquiry->asked = true;
    pthread_cond_signal(&inquiry->changed);
    pthread_mutex_unlock(&inquiry->mutex);
}

void inquiry_forget(struct inquiry *inquiry, enum inquiry_kind kind, int32_t partition)
{
    pthread_mutex_lock(&inquiry->mutex);
    for (size_t i = 0; i < inquiry->count; i++) {
        struct inquiry_question *question = inquiry->list[i];
        if (question->answer.kind == kind && (partition < 0 || question->answer.partition == partition))
            question->forgotten = true;
    }
    pthread_mutex_unlock(&inquiry->mutex);
}

/* One that is done, taken out; or NULL. */
static struct inquiry_question *inquiry_take(struct inquiry *inquiry)
{
    struct inquiry_question *found = NULL;
    pthread_mutex_lock(&inquiry->mutex);
    for (size_t i = 0; i < inquiry->count && found == NULL; i++)
        if (inquiry->list[i]->done && !inquiry->list[i]->forgotten) {
            found = inquiry->list[i];
            inquiry->list[i] = inquiry->list[--inquiry->count];
        }
    pthread_mutex_unlock(&inquiry->mutex);
    return found;
}

void inquiry_turn(struct inquiry *inquiry, inquiry_found *found, void *context)
{
    struct inquiry_question *question;
    kafka_queue_fd_clear(inquiry->fd);
    while ((question = inquiry_take(inquiry)) != NULL) {
        found(context, &question->answer);
        question_free(question);
    }
}

bool inquiry_trouble(struct inquiry *inquiry, enum inquiry_kind kind, int32_t partition, char *why, size_t size)
{
    bool found = false;
    pthread_mutex_lock(&inquiry->mutex);
    for (size_t i = 0; i < inquiry->count && !found; i++) {
        const struct inquiry_question *question = inquiry->list[i];
        found = question->answer.kind == kind && question->answer.partition == partition && !question->forgotten &&
                !question->done && question->trouble != NULL;
        if (found)
            snprintf(why, size, "%s (topic %s: %s)", question->trouble, inquiry->topics[kind],
                     rd_kafka_err2str(question->code));
    }
    pthread_mutex_unlock(&inquiry->mutex);
    return found;
}
