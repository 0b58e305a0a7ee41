#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdatomic.h>

#include "os/thread.h"

static int64_t ns_of(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void a_deadline_lies_so_many_milliseconds_ahead(void **state)
{
    (void)state;
    for (int64_t ms = 0; ms < 5000; ms += 333) {
        int64_t before = ns_of(thread_deadline(0));
        struct timespec at = thread_deadline(ms);
        assert_in_range(ns_of(at), before + ms * 1000000, ns_of(thread_deadline(0)) + ms * 1000000);
        assert_in_range(at.tv_nsec, 0, 999999999);
    }
}

struct meeting {
    pthread_mutex_t mutex;
    pthread_cond_t came;
    bool is_there;
};

static void *come(void *data)
{
    struct meeting *meeting = data;
    pthread_mutex_lock(&meeting->mutex);
    meeting->is_there = true;
    pthread_cond_signal(&meeting->came);
    pthread_mutex_unlock(&meeting->mutex);
    return NULL;
}

static void a_condition_s_deadline_is_of_the_clock_that_nobody_sets(void **state)
{
    struct meeting meeting = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    struct thread thread = {0};
    struct err err;
    int result = 0;
    (void)state;
    thread_join(&thread); /* none */
    thread_cond_init(&meeting.came);
    struct timespec until = thread_deadline(600000);
    pthread_mutex_lock(&meeting.mutex);
    assert_int_equal(thread_start(&thread, come, &meeting, "a test", &err), 0);
    while (!meeting.is_there && result == 0)
        result = pthread_cond_timedwait(&meeting.came, &meeting.mutex, &until);
    pthread_mutex_unlock(&meeting.mutex);
    assert_int_equal(result, 0);
    thread_join(&thread);
    assert_false(thread.started);
    pthread_cond_destroy(&meeting.came);
}

#define WORKS   9
#define AT_ONCE 3

/* Each waits until as many are at it as may be. */
struct works {
    pthread_barrier_t all;
    atomic_size_t under_way;
    atomic_bool crowded, hears, worked[WORKS];
    size_t done, out_of_order;
};

static void work(void *context, size_t i)
{
    struct works *works = context;
    sigset_t blocked;
    works->under_way++;
    pthread_barrier_wait(&works->all);
    if (works->under_way > AT_ONCE)
        works->crowded = true;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    if (sigismember(&blocked, SIGTERM) == 0)
        works->hears = true;
    pthread_barrier_wait(&works->all); /* none begins the next before */
    works->worked[i] = true;
    works->under_way--;
}

static void work_done(void *context, size_t i)
{
    struct works *works = context;
    works->out_of_order += i != works->done++ || !works->worked[i];
}

static void works_are_done_side_by_side_and_told_in_order(void **state)
{
    struct works works = {.done = 0};
    sigset_t blocked;
    (void)state;
    pthread_barrier_init(&works.all, NULL, AT_ONCE);
    threads_each(WORKS, AT_ONCE, work, work_done, &works);
    assert_int_equal(works.done, WORKS);
    assert_int_equal(works.out_of_order, 0);
    assert_false(works.crowded);
    assert_false(works.hears);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    assert_int_equal(sigismember(&blocked, SIGTERM), 0);
    pthread_barrier_destroy(&works.all);
    threads_each(0, AT_ONCE, work, work_done, &works);
    assert_int_equal(works.done, WORKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_lies_so_many_milliseconds_ahead),
        cmocka_unit_test(a_condition_s_deadline_is_of_the_clock_that_nobody_sets),
        cmocka_unit_test(works_are_done_side_by_side_and_told_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
