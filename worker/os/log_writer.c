#include "os/log_writer.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "os/log_line.h"
#include "os/thread.h"

/* What waits lies in `bytes` from `head` on, round its end. One a process, as standard error is. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t more, drained;
    bool running, writing;
    size_t head, size;
    uint64_t dropped, dropped_untold;
    char bytes[LOG_WRITER_BYTES];
} writer = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

/* Cuts the first line out of what waits; its size. */
static size_t writer_cut(char line[LOG_LINE_MAX])
{
    size_t size = 0;
    do {
        line[size++] = writer.bytes[writer.head];
        writer.head = (writer.head + 1) % LOG_WRITER_BYTES;
        writer.size--;
    } while (line[size - 1] != '\n');
    return size;
}

/* The descriptor may not block where somebody else who has it said so. A line that cannot be written at all is given up. */
static void write_whole(const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(STDERR_FILENO, data, size);
        struct pollfd wanted = {.fd = STDERR_FILENO, .events = POLLOUT};
        if (written < 0 && errno == EAGAIN)
            poll(&wanted, 1, -1);
        else if (written < 0 && errno != EINTR)
            return;
        data += written < 0 ? 0 : written;
        size -= written < 0 ? 0 : (size_t)written;
    }
}

/* Where lines are missing. */
static size_t writer_tell_gap(char line[LOG_LINE_MAX])
{
    struct log_line gap;
    log_begin_always(&gap, LOG_LEVEL_WARNING, "log_dropped");
    log_number(&gap, "lines", (long long)writer.dropped_untold);
    log_text(&gap, "detail", span_of("whoever reads this log did not keep up: lines are missing here"));
    writer.dropped_untold = 0;
    return log_end_into(&gap, line);
}

static void *writer_run(void *context)
{
    char line[LOG_LINE_MAX];
    (void)context;
    pthread_mutex_lock(&writer.lock);
    for (;;) {
        while (writer.size == 0 && writer.dropped_untold == 0) {
            pthread_cond_broadcast(&writer.drained);
            pthread_cond_wait(&writer.more, &writer.lock);
        }
        size_t size = writer.size > 0 ? writer_cut(line) : writer_tell_gap(line);
        writer.writing = true;
        pthread_mutex_unlock(&writer.lock);
        write_whole(line, size);
        pthread_mutex_lock(&writer.lock);
        writer.writing = false;
    }
    return NULL;
}

int log_writer_start(struct err *err)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    thread_cond_init(&writer.drained);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads that wait for them */
    int os = pthread_create(&thread, &attributes, writer_run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (os != 0)
        return err_os(err, os, "no thread can be had for the log");
    writer.running = true; /* before anything else that logs is started */
    return 0;
}

void log_writer_stop(void)
{
    struct timespec until;
    int timed_out = 0;
    pthread_mutex_lock(&writer.lock);
    if (writer.running) {
        until = thread_deadline(LOG_WRITER_STOP_MS);
        while (timed_out == 0 && (writer.size > 0 || writer.dropped_untold > 0 || writer.writing))
            timed_out = pthread_cond_timedwait(&writer.drained, &writer.lock, &until);
    }
    pthread_mutex_unlock(&writer.lock);
}

/* Nothing is taken behind a gap before the gap is told: what is in the log stands in its order. */
bool log_writer_take(struct span line)
{
    if (!writer.running)
        return false;
    assert(line.size > 0 && line.size <= LOG_LINE_MAX && line.data[line.size - 1] == '\n');
    pthread_mutex_lock(&writer.lock);
    if (writer.dropped_untold > 0 || writer.size + line.size > LOG_WRITER_BYTES) {
        writer.dropped++;
        writer.dropped_untold++;
    } else {
        size_t tail = (writer.head + writer.size) % LOG_WRITER_BYTES;
        size_t first = line.size < LOG_WRITER_BYTES - tail ? line.size : LOG_WRITER_BYTES - tail;
        memcpy(writer.bytes + tail, line.data, first);
        memcpy(writer.bytes, line.data + first, line.size - first);
        writer.size += line.size;
        pthread_cond_signal(&writer.more);
    }
    pthread_mutex_unlock(&writer.lock);
    return true;
}

uint64_t log_writer_dropped(void)
{
    pthread_mutex_lock(&writer.lock);
    uint64_t dropped = writer.dropped;
    pthread_mutex_unlock(&writer.lock);
    return dropped;
}
