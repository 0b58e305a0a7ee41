#include "engine/story.h"

static struct world *world_in_doubt(const char *metadata)
{
    const struct world_options options = world_options();
    struct world *w = world_new(&options);
    story_publish(w, "ann", "e1");
    fake_log_commit(&w->log, 0, 0, metadata);
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_skip(w);
    story_feed(w);
    return w;
}

static void an_event_in_doubt_that_is_there_is_delivered_at_once(void **state)
{
    (void)state;
    struct world *w = story_begin_in_doubt(NULL);
    story_feed(w);
    story_answers(w, 3);
    story_expect(w, "rows of ann; read c1; messages v1; receipt 0/0 delivered");
    assert_int_equal(w->papercups.message_count, 1);
    story_end(w);
}

/* The worker had posted to that conversation before, and remembers it: that must not make it post again. */
static void an_event_in_doubt_that_is_there_is_not_posted_again_by_a_worker_that_knows_where(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 3);
    story_acknowledge(w);
    story_arrive(w, "ann", "e2");
    story_answers(w, 1);
    world_lose(w, 0, 0);
    world_acknowledge(w, 0, PRODUCED_FAILED);
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_feed(w);
    story_skip(w);
    story_answers(w, 3);
    story_expect(w, "read c1; messages v1; receipt 0/1 delivered");
    assert_int_equal(w->papercups.message_count, 2);
    story_end(w);
}

static void an_event_in_doubt_is_absent_only_when_read_twice_after_all_that_was_under_way_has_ended(void **state)
{
    (void)state;
    struct world *w = world_in_doubt("v1 reach=5000 receipts=0 admitted=0");
    story_expect(w, "rows of ann");
    story_answer(w, FATE_DONE);
    story_expect_nothing(w);
    world_pass(w, WORLD_HTTP_MS + WORLD_SETTLE_MS - 1);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "rows of ann");
    story_answer(w, FATE_DONE);
    world_pass(w, 1000);
    story_expect(w, "rows of ann");
    story_answer(w, FATE_DONE);
    /* Proven: now it is resolved like any other. */
    story_expect(w, "find ann");
    story_answer(w, FATE_DONE);
    story_expect(w, "create ann");
    story_end(w);
}

static void a_readback_that_fails_proves_nothing(void **state)
{
    (void)state;
    struct world *w = world_in_doubt("v1 reach=5000 receipts=0 admitted=0");
    world_pass(w, WORLD_HTTP_MS + WORLD_SETTLE_MS);
    story_answer(w, FATE_LOST);
    for (int i = 0; i < 5; i++) {
        world_pass(w, 60000);
        story_answer(w, FATE_DONE); /* absent, once */
        world_pass(w, 1000);
        story_answer(w, FATE_ERROR);
    }
    assert_int_equal(w->papercups.customer_count, 0);
    assert_int_equal(w->produce_count, 0);
    story_end(w);
}

static void what_lies_at_or_beyond_the_reach_was_never_tried(void **state)
{
    (void)state;
    struct world *w = world_in_doubt("v1 reach=0 receipts=0 admitted=0");
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "find ann; create ann");
    story_end(w);
}

static void without_a_word_about_the_reach_everything_up_to_the_end_is_in_doubt(void **state)
{
    (void)state;
    struct world *w = world_in_doubt("");
    story_arrive(w, "ben", "e2");
    /* e2 came after the assignment. */
    story_expect(w, "rows of ann; commit 0/0 reach=5001 receipts=0; find ben");
    story_answers(w, 2);
    story_expect(w, "create ben");
    story_end(w);
}

static void a_group_that_never_committed_has_nothing_in_doubt(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    struct world *w = world_new(&options);
    story_publish(w, "ann", "e1");
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_skip(w);
    story_feed(w);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "find ann; create ann");
    story_end(w);
}

/* A group's offsets are forgotten when nobody was there for some days; the receipts are not. */
static void a_group_whose_commit_was_forgotten_has_everything_in_doubt(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    world_go_for(w, 1000);
    story_publish(w, "ben", "e2");
    w->log.partitions[0].committed = -1;
    w->log.partitions[0].metadata[0] = 0;
    story_begin_again(w);
    story_expect(w, "read 0 receipts=0 since=0; start 0/0; commit 0/1 reach=2 receipts=1; rows of ben");
    story_answer(w, FATE_DONE);
    world_pass(w, WORLD_HTTP_MS + WORLD_SETTLE_MS - 1);
    story_expect_nothing(w);
    story_end(w);
}

static void an_event_in_doubt_is_not_called_expired_or_given_up_before_it_is_proven_absent(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    for (int stored = 0; stored <= 1; stored++) {
        struct world *w = world_new(&options);
        char mark[26];
        world_mark(w, "acme/e/ann", "e1", mark);
        if (stored)
            fake_papercups_plant(&w->papercups, "acme", "ann", "e1", mark);
        /* Its key was good and it was in time for a predecessor with another clock; the outage lasted ten hours. */
        world_publish(w, &(struct publication){.customer = "ann",
                                               .event_id = "e1",
                                               .signed_at_s = w->now.wall.ms / 1000 - 100});
        story_publish(w, "ann", "e2");
        fake_log_commit(&w->log, 0, 0, "v1 reach=5000 receipts=0 admitted=0");
        world_pass(w, 10 * 3600 * 1000);
        world_assign(w, 0, 0);
        world_rebuild(w, 0, 0);
        world_go_for(w, 120000);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0),
                         stored ? OUTCOME_DELIVERED : OUTCOME_EXPIRED);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_GAVE_UP);
        story_end(w);
    }
}

static void an_event_behind_one_in_doubt_waits_for_it(void **state)
{
    (void)state;
    struct world *w = world_in_doubt("v1 reach=1 receipts=0 admitted=0");
    story_arrive(w, "ann", "e2");
    story_expect(w, "rows of ann; commit 0/0 reach=5001 receipts=0");
    world_go_for(w, 120000);
    assert_string_equal(w->papercups.messages[0].event, "e1");
    assert_string_equal(w->papercups.messages[1].event, "e2");
    story_end(w);
}

/* Its message is there, in a conversation that an agent has closed, and Papercups cannot be read until "absent" would count;
 * then it says 404 of the customer, once. */
static void one_404_for_a_customer_does_not_prove_that_a_message_is_absent(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_answer(w, FATE_ERROR_STORED);
    world_close(w, 1);
    struct mono until = mono_after(w->now.mono, WORLD_SETTLE_MS);
    while (w->request_count == 0 || !mono_reached(until, w->requests[0].sent_at)) {
        while (w->request_count > 0)
            story_answer(w, FATE_ERROR);
        world_pass(w, 100);
    }
    story_answer(w, FATE_DONE); /* rows of ann */
    assert_int_equal(w->requests[0].what.kind, CALL_READ_CUSTOMER);
    story_answer(w, FATE_MISSING);
    world_go_for(w, 60000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_404_for_a_customer_does_not_prove_that_a_message_is_absent),
        cmocka_unit_test(an_event_in_doubt_that_is_there_is_delivered_at_once),
        cmocka_unit_test(an_event_in_doubt_that_is_there_is_not_posted_again_by_a_worker_that_knows_where),
        cmocka_unit_test(an_event_in_doubt_is_absent_only_when_read_twice_after_all_that_was_under_way_has_ended),
        cmocka_unit_test(a_readback_that_fails_proves_nothing),
        cmocka_unit_test(what_lies_at_or_beyond_the_reach_was_never_tried),
        cmocka_unit_test(without_a_word_about_the_reach_everything_up_to_the_end_is_in_doubt),
        cmocka_unit_test(a_group_that_never_committed_has_nothing_in_doubt),
        cmocka_unit_test(a_group_whose_commit_was_forgotten_has_everything_in_doubt),
        cmocka_unit_test(an_event_in_doubt_is_not_called_expired_or_given_up_before_it_is_proven_absent),
        cmocka_unit_test(an_event_behind_one_in_doubt_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
