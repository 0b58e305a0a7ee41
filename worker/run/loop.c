#include "run/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/log.h"
#include "os/process.h"
#include "run/epoll.h"
#include "run/inputs.h"
#include "run/perform.h"
#include "run/reload.h"

#define TURN_DESCRIPTORS 64

static void loop_refused(struct loop *loop)
{
    size_t count = loop->refusal_count;
    loop->refusal_count = 0; /* new ones are for the next turn: each has a delay before it is tried again */
    for (size_t i = 0; i < count; i++) {
        struct loop_refusal refusal = loop->refusals[i];
        inputs_produced(loop, refusal.handle, refusal.produced, -1, 0);
    }
}

static void loop_stop(struct loop *loop)
{
    log_say(LOG_LEVEL_INFO, "stopping", "%zu events are not settled", engine_unsettled(loop->engine));
    loop->stopping = true;
    loop->stop_deadline = mono_after(loop->now.mono, LOOP_STOP_MS);
    process_end_in(LOOP_STOP_MS / 1000 + LOOP_HANG_S);
    loop->stop_again_from = mono_after(loop->now.mono, LOOP_SAME_SIGNAL_MS);
    notify_stopping(&loop->notify);
    perform_input(loop, &(struct input){.type = INPUT_STOP});
    loop_tell_manager(loop);
}

static int loop_signal(struct loop *loop, struct err *err)
{
    struct signalfd_siginfo info;
    if (read(loop->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return 0;
    if (info.ssi_signo == SIGHUP) {
        loop->reload = true;
        return 0;
    }
    if (loop->stopping && !mono_reached(loop->stop_again_from, loop->now.mono))
        return 0;
    if (loop->stopping)
        return err_set(err, ERR_LIMIT,
                       "a second signal: ended with %zu events not settled; they are read again",
                       engine_unsettled(loop->engine));
    loop_stop(loop);
    return 0;
}

/* milliseconds, rounded up to the clock's own grain: rounding down would spin until the deadline. */
static int loop_wait_ms(const struct loop *loop)
{
    if ((loop->more_events && engine_has_room(loop->engine)) || loop->more_receipts ||
        loop->refusal_count > 0)
        return 0;
    struct mono at = mono_earlier(engine_deadline(loop->engine), http_deadline(loop->http));
    at = mono_earlier(mono_earlier(at, files_deadline(loop->files)), loop->watchdog.next);
    at = mono_earlier(at, notify_deadline(&loop->notify));
    at = mono_earlier(at, mono_earlier(consumer_deadline(loop->consumer), outages_deadline(&loop->outages)));
    if (loop->stopping)
        at = mono_earlier(at, loop->stop_deadline);
    if (loop->closing)
        at = mono_earlier(at, mono_after(loop->now.mono, 50)); /* nothing wakes the loop once the group is left */
    if (at.ms == MONO_NEVER.ms)
        return -1;
    int64_t ms = at.ms - clock_now().mono.ms;
    return ms <= 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static int loop_collect(struct loop *loop, struct err *err)
{
    struct epoll_event ready[TURN_DESCRIPTORS];
    int count = epoll_wait(loop->epoll_fd, ready, TURN_DESCRIPTORS, loop_wait_ms(loop));
    if (count < 0 && errno != EINTR)
        return err_os(err, errno, "epoll_wait");
    loop->now = clock_now();
    bool consume = loop->more_events || mono_reached(consumer_deadline(loop->consumer), loop->now.mono);
    bool read = loop->more_receipts;
    int result = 0;
    for (int i = 0; i < count; i++) {
        uint64_t tag = ready[i].data.u64 & ~(uint64_t)UINT32_MAX;
        if (tag == LOOP_TAG_SIGNAL)
            result = loop_signal(loop, err);
        else if (tag == LOOP_TAG_CONSUMER)
            consume = true;
        else if (tag == LOOP_TAG_PRODUCER) {
            loop->now = clock_now(); /* `now` must not be older than the acknowledgement, whose stamp bounds the broker's clock */
            producer_turn(loop->producer);
        }
        else if (tag == LOOP_TAG_READER)
            read = true;
        else if (tag == LOOP_TAG_PREFLIGHT)
            log_checks_turn(loop->preflight, inputs_log_checked, loop);
        else if (tag == LOOP_TAG_INQUIRY) {
            inquiry_turn(loop->inquiry, inputs_looked_up, loop);
            read = true; /* a partition with nothing to read is finished by this */
        } else if (tag == LOOP_TAG_ADMIN)
            loop_admin(loop);
        else
            http_ready(loop->http, (int)(uint32_t)ready[i].data.u64, ready[i].events);
    }
    loop->more_receipts = loop->reader != NULL && read && reader_turn(loop->reader);
    loop->more_events = consume && consumer_turn(loop->consumer, loop->now.mono);
    return result;
}

static int loop_check(const struct loop *loop, struct err *err)
{
    const char *fatal = loop->fatal[0] != 0 ? loop->fatal : consumer_fatal(loop->consumer);
    if (fatal == NULL)
        fatal = producer_fatal(loop->producer);
    if (fatal == NULL && loop->reader != NULL)
        fatal = reader_fatal(loop->reader);
    if (fatal != NULL)
        return err_set(err, ERR_SYSTEM, "Kafka: %s", fatal);
    if (loop->stopping && mono_reached(loop->stop_deadline, loop->now.mono))
        return err_set(err, ERR_LIMIT,
                       "not stopped within %d s: ended with %zu events not settled; they are read again",
                       LOOP_STOP_MS / 1000, engine_unsettled(loop->engine));
    return 0;
}

static int loop_turn(struct loop *loop, struct err *err)
{
    if (loop_collect(loop, err) != 0)
        return -1;
    http_turn(loop->http, loop->now.mono);
    loop_refused(loop);
    reload_turn(loop);
    perform_input(loop, &(struct input){.type = INPUT_TICK});
    if (loop->refused.code != ERR_NONE && !loop->stopping)
        loop_stop(loop);
    consumer_flush(loop->consumer);
    log_checks_flush(loop->preflight);
    if (watchdog_turn(&loop->watchdog, loop->consumer, loop->inquiry, loop->engine, loop->now.mono)) {
        loop_tell_manager(loop);
        if (!loop->stopping)
            consumer_ask_ends(loop->consumer, engine_paused(loop->engine) > 0); /* known by its next check */
    }
    notify_turn(&loop->notify, loop->now.mono); /* only a turn that came to here is a sign of life */
    clocks_turn(&loop->clocks, loop->engine, loop->now);
    outages_turn(&loop->outages, loop->now.mono);
    if (loop->reader != NULL && reader_is_done(loop->reader)) {
        reader_leave(loop->reader);
        loop->reader = NULL;
    }
    if (loop->stopped && !loop->closing) {
        loop->closing = true;
        consumer_close(loop->consumer);
    }
    return loop_check(loop, err);
}

int loop_run(struct loop *loop, struct err *err)
{
    if (epoll_watch(loop->epoll_fd, loop->signal_fd, LOOP_TAG_SIGNAL, err) != 0 ||
        epoll_watch(loop->epoll_fd, consumer_fd(loop->consumer), LOOP_TAG_CONSUMER, err) != 0 ||
        epoll_watch(loop->epoll_fd, producer_fd(loop->producer), LOOP_TAG_PRODUCER, err) != 0 ||
        epoll_watch(loop->epoll_fd, log_checks_fd(loop->preflight), LOOP_TAG_PREFLIGHT, err) != 0 ||
        epoll_watch(loop->epoll_fd, inquiry_fd(loop->inquiry), LOOP_TAG_INQUIRY, err) != 0 ||
        (loop->admin != NULL && epoll_watch(loop->epoll_fd, admin_fd(loop->admin), LOOP_TAG_ADMIN, err) != 0))
        return -1;
    loop->now = clock_now();
    loop->more_events = true; /* what came before the descriptors were watched */
    notify_ready(&loop->notify, loop->now.mono);
    loop_tell_manager(loop);
    while (!loop->closing || !consumer_is_closed(loop->consumer))
        if (loop_turn(loop, err) != 0)
            return -1;
    if (loop->refused.code != ERR_NONE)
        return err_set(err, loop->refused.code, "%s", loop->refused.text);
    log_say(LOG_LEVEL_INFO, "stopped", "everything read is settled or left to the next worker");
    return 0;
}
