/* The four windows in which a message may be shown twice (deploy/README.md), each with what it takes to get there, with what is a
 * little less and shows it once, and with Papercups' index (deploy/papercups-once.sql), which closes all but the one called
 * edited. */
#include "engine/story.h"

static struct world *world_of(int worker_count, bool unique_marks)
{
    struct world_options options = world_options();
    options.worker_count = worker_count;
    options.lease_ms = WORLD_LEASE_MS;
    options.unique_marks = unique_marks;
    options.breaches_are_counted = true;
    return story_begin(&options);
}

/* How often ann has been shown e1, once all has come to its end; it was delivered in any case. */
static unsigned shown_in_the_end(struct world *w)
{
    world_go_for(w, 5 * 60 * 1000);
    unsigned shown = fake_papercups_shown(&w->papercups, "ann", "e1");
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_DELIVERED);
    assert_int_equal(fake_log_receipts(&w->log.partitions[0], 0), 1);
    assert_int_equal(w->log.partitions[0].committed, 1);
    story_end(w);
    return shown;
}

/* ---- slow: a request is under way inside Papercups for longer than the settle time ---- */

/* The post is lost to the worker, and Papercups stores it `ms` later. The readbacks find nothing in the meantime. */
static unsigned slow(int64_t ms, bool unique_marks)
{
    struct world *w = world_of(1, unique_marks);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    world_late(w, &w->requests[0], ms);
    story_answer(w, FATE_LOST);
    return shown_in_the_end(w);
}

static void a_request_that_papercups_ends_after_the_settle_time_is_shown_twice(void **state)
{
    (void)state;
    assert_int_equal(slow(WORLD_SETTLE_MS + 60000, false), 2);
}

static void a_request_that_papercups_ends_within_the_settle_time_is_shown_once(void **state)
{
    (void)state;
    assert_int_equal(slow(WORLD_SETTLE_MS - 1, false), 1);
}

static void the_index_closes_the_window_of_the_slow_request(void **state)
{
    (void)state;
    assert_int_equal(slow(WORLD_SETTLE_MS + 60000, true), 1);
}

/* All that one worker asks for is answered well, until it posts, or `ms` have passed. */
static void go_until_it_posts(struct world *w, int worker, int64_t ms)
{
    struct mono end = mono_after(w->now.mono, ms);
    while (!mono_reached(end, w->now.mono)) {
        for (size_t i = 0; i < w->request_count;) {
            if (w->requests[i].worker == worker && fake_request_posts(&w->requests[i].what))
                return;
            if (w->requests[i].worker == worker)
                world_answer(w, i, FATE_DONE);
            else
                i++;
        }
        while (w->commit_count > 0)
            story_commit(w);
        world_pass(w, 1000);
    }
}

/* The first request ends when the second has just been sent: the second is answered with 500. */
static void a_post_that_the_index_refuses_is_delivered_by_the_one_before_it(void **state)
{
    (void)state;
    struct world *w = world_of(1, true);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    const struct world_request first = w->requests[0];
    story_answer(w, FATE_LOST);
    go_until_it_posts(w, 0, 60000);
    world_late(w, &first, 0);
    world_pass(w, 0);
    assert_int_equal(w->papercups.message_count, 1);
    story_skip(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "trouble 0/0 post_conversation server_error; rows of ann");
    story_answers(w, 3);
    story_expect(w, "read c1; messages v1; receipt 0/0 delivered");
    assert_int_equal(shown_in_the_end(w), 1);
}

/* What the index costs: beyond the dedup window an id is good for another event, once its message is in no open
 * conversation any more; not so with the index. */
static void with_the_index_an_id_is_good_for_one_message_only(void **state)
{
    (void)state;
    for (unsigned unique_marks = 0; unique_marks <= 1; unique_marks++) {
        struct world *w = world_of(1, unique_marks);
        story_arrive(w, "ann", "e1");
        world_go_for(w, 2 * w->options.window_ms);
        w->papercups.conversations[0].closed = true;
        story_arrive(w, "ann", "e1");
        world_go_for(w, 60000);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_DELIVERED);
        assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), unique_marks ? 1 : 2);
        story_end(w);
    }
}

/* ---- stopped: a worker is stopped between its last look at the clock and the write ---- */

/* A's post is not written yet when A is stopped. B has its partition when the session is over, reads back, and posts what
 * it has proven absent. `early`: A had written it after all, and it arrives while B waits; else A goes on when B is done. */
static unsigned stopped(bool early, bool unique_marks)
{
    struct world *w = world_of(2, unique_marks);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    assert_true(w->request_count == 1 && fake_request_posts(&w->requests[0].what));
    world_freeze(w, 0);
    world_pass(w, WORLD_SESSION_MS);
    world_assign(w, 1, 0);
    world_rebuild(w, 1, 0);
    assert_true(world_feed(w, 1, 0));
    if (early)
        world_arrive(w, 0, true);
    go_until_it_posts(w, 1, 60000);
    if (!early) {
        assert_int_equal(w->request_count, 2);
        world_answer(w, 1, FATE_DONE);
    }
    story_acknowledge(w); /* B's receipt */
    world_thaw(w, 0);
    world_answer(w, 0, FATE_DONE);
    world_lose(w, 0, 0);
    return shown_in_the_end(w);
}

static void a_post_that_is_written_by_a_worker_stopped_for_long_is_shown_twice(void **state)
{
    (void)state;
    assert_int_equal(stopped(false, false), 2);
}

static void a_post_that_was_written_before_the_worker_was_stopped_is_shown_once(void **state)
{
    (void)state;
    assert_int_equal(stopped(true, false), 1);
}

static void the_index_closes_the_window_of_the_stopped_worker(void **state)
{
    (void)state;
    assert_int_equal(stopped(false, true), 1);
}

/* ---- edited: somebody takes the mark away ---- */

/* The message is there, and its receipt was lost with a crash: the next one reads back, and knows it by its mark. */
static unsigned edited(bool takes_mark, bool unique_marks)
{
    struct world *w = world_of(1, unique_marks);
    story_arrive(w, "ann", "e1");
    story_answers(w, 3);
    assert_int_equal(w->papercups.message_count, 1);
    if (takes_mark)
        w->papercups.messages[0].mark[0] = 0;
    story_begin_again(w);
    return shown_in_the_end(w);
}

static void a_message_whose_mark_was_taken_away_is_shown_twice_also_with_the_index(void **state)
{
    (void)state;
    assert_int_equal(edited(true, false), 2);
    assert_int_equal(edited(true, true), 2);
}

static void a_message_that_was_left_alone_is_shown_once(void **state)
{
    (void)state;
    assert_int_equal(edited(false, false), 1);
}

/* ---- stale: lists are behind by more than the settle time ---- */

/* The message is there, and the answer to its post was lost. */
static unsigned stale(int64_t behind_ms, bool unique_marks)
{
    struct world *w = world_of(1, unique_marks);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_answer(w, FATE_LOST_STORED);
    w->papercups.behind_ms = behind_ms;
    return shown_in_the_end(w);
}

static void a_message_that_lists_show_only_after_the_settle_time_is_shown_twice(void **state)
{
    (void)state;
    assert_int_equal(stale(WORLD_SETTLE_MS + 60000, false), 2);
}

static void a_message_that_lists_show_within_the_settle_time_is_shown_once(void **state)
{
    (void)state;
    assert_int_equal(stale(WORLD_SETTLE_MS, false), 1);
}

static void the_index_closes_the_window_of_the_stale_lists(void **state)
{
    (void)state;
    assert_int_equal(stale(WORLD_SETTLE_MS + 60000, true), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_papercups_ends_after_the_settle_time_is_shown_twice),
        cmocka_unit_test(a_request_that_papercups_ends_within_the_settle_time_is_shown_once),
        cmocka_unit_test(the_index_closes_the_window_of_the_slow_request),
        cmocka_unit_test(a_post_that_the_index_refuses_is_delivered_by_the_one_before_it),
        cmocka_unit_test(with_the_index_an_id_is_good_for_one_message_only),
        cmocka_unit_test(a_post_that_is_written_by_a_worker_stopped_for_long_is_shown_twice),
        cmocka_unit_test(a_post_that_was_written_before_the_worker_was_stopped_is_shown_once),
        cmocka_unit_test(the_index_closes_the_window_of_the_stopped_worker),
        cmocka_unit_test(a_message_whose_mark_was_taken_away_is_shown_twice_also_with_the_index),
        cmocka_unit_test(a_message_that_was_left_alone_is_shown_once),
        cmocka_unit_test(a_message_that_lists_show_only_after_the_settle_time_is_shown_twice),
        cmocka_unit_test(a_message_that_lists_show_within_the_settle_time_is_shown_once),
        cmocka_unit_test(the_index_closes_the_window_of_the_stale_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
