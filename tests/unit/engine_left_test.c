/* What a worker leaves to the next owner, whatever it had come to: it is shown once, and told as it is. */
#include "engine/story.h"

/* The drain passes, and nothing that is to be written is. */
static void drain_unwritten(struct world *w)
{
    world_revoke(w, 0, 0);
    for (int ms = 0; ms <= WORLD_DRAIN_MS; ms += 10) {
        while (w->produce_count > 0)
            world_acknowledge(w, 0, PRODUCED_FAILED);
        world_pass(w, 10);
    }
    world_go(w);
    assert_int_equal(world_owner(w, 0), WORLD_NOBODY);
}

static void expect_delivered_once_by_the_next(struct world *w, int64_t offset)
{
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    world_go_for(w, 5 * 60 * 1000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], offset), OUTCOME_DELIVERED);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

/* One in doubt whose message is found was posted by another: it has no attempt of its own. */
static void an_event_in_doubt_that_was_found_and_has_no_receipt_yet_stays_in_doubt(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_answer(w, FATE_LOST_STORED);
    story_begin_again(w);
    story_answers(w, 3);
    assert_int_equal(w->produce_count, 1);
    w->papercups.conversations[0].closed = true; /* or its mark would be seen where it is to be posted */
    drain_unwritten(w);
    expect_delivered_once_by_the_next(w, 0);
}

static void an_event_in_doubt_that_is_unknown_and_has_no_receipt_yet_stays_in_doubt(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.unknown_for_ms = 1000;
    struct world *w = story_begin(&options);
    world_publish(w, &(struct publication){.customer = "ann", .event_id = "e1", .deliver_within_s = 20});
    story_feed(w);
    story_commit(w);
    story_answers(w, 2);
    story_answer(w, FATE_LOST_STORED);
    story_begin_again(w);
    for (int i = 0; i < 60 && w->produce_count == 0; i++) {
        while (w->request_count > 0)
            story_answer(w, FATE_LOST);
        world_pass(w, 1000);
    }
    assert_int_equal(w->produce_count, 1); /* its dead letter */
    drain_unwritten(w);
    expect_delivered_once_by_the_next(w, 0);
}

/* Signed anew, and posted: that post may be under way when the next owner comes. */
static void an_event_in_doubt_that_had_failed_before_is_given_as_much_time_as_any(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_answer(w, FATE_REFUSED);
    world_go_for(w, 5000);
    const struct record *again = story_publish(w, "ann", "e1");
    story_feed(w);
    while (w->request_count > 0 && !fake_request_posts(&w->requests[0].what))
        story_answer(w, FATE_DONE);
    assert_int_equal(w->request_count, 1);
    story_answer(w, FATE_LOST_STORED_LATE);
    story_begin_again(w);
    world_go_for(w, 5 * 60 * 1000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], again->offset), OUTCOME_DELIVERED);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

/* The next owner comes while what the one before has sent is under way still. */
static void next_owner(struct world *w)
{
    world_crash(w, 0);
    story_skip(w);
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_feed(w);
}

/* The first owner's receipt says that Papercups refused it, and is under way for longer than the next owner lives, who has
 * posted it. */
static void a_receipt_that_calls_it_failed_comes_after_another_has_posted_it(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_answer(w, FATE_REFUSED);
    world_acknowledge(w, 0, PRODUCED_OK); /* the dead letter */
    assert_int_equal(w->produce_count, 1);
    next_owner(w);
    for (int i = 0; i < 120 && w->papercups.message_count == 0; i++) {
        while (w->request_count > 0)
            story_answer(w, FATE_DONE);
        world_pass(w, 1000);
    }
    assert_int_equal(w->produce_count, 2);
    world_acknowledge(w, 1, PRODUCED_FAILED);
    world_acknowledge(w, 0, PRODUCED_OK);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_REFUSED_BY_PAPERCUPS);
    next_owner(w);
    world_go_for(w, 5 * 60 * 1000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_DELIVERED);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_in_doubt_that_was_found_and_has_no_receipt_yet_stays_in_doubt),
        cmocka_unit_test(an_event_in_doubt_that_is_unknown_and_has_no_receipt_yet_stays_in_doubt),
        cmocka_unit_test(an_event_in_doubt_that_had_failed_before_is_given_as_much_time_as_any),
        cmocka_unit_test(a_receipt_that_calls_it_failed_comes_after_another_has_posted_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
