#include "engine/story.h"

static void a_record_is_delivered_its_receipt_acknowledged_and_only_then_its_offset_committed(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    story_feed(w);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    story_expect(w, "find ann");
    story_answer(w, FATE_DONE);
    story_expect(w, "create ann");
    story_answer(w, FATE_DONE);
    story_expect(w, "open c1 e1");
    story_answer(w, FATE_DONE);
    story_expect(w, "receipt 0/0 delivered");
    world_pass(w, 60000);
    story_expect_nothing(w);
    story_acknowledge(w);
    story_expect(w, "settled 0/0 delivered; commit 0/1 reach=5001 receipts=1");
    story_commit(w);
    world_pass(w, 60000);
    story_expect_nothing(w);
    assert_int_equal(engine_unsettled(w->workers[0].engine), 0);
    assert_int_equal(engine_requests(w->workers[0].engine), 0);
    story_end(w);
}

static void a_customer_with_an_open_conversation_gets_the_next_message_into_it(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    fake_papercups_plant(&w->papercups, "acme", "ann", "older", "v1:of-somebody-else");
    story_arrive(w, "ann", "e1");
    story_skip(w);
    story_answers(w, 2);
    story_expect(w, "list c1; post v1 e1");
    story_end(w);
}

static void nothing_starts_at_or_beyond_the_reach_before_a_commit_says_so(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    w->log.partitions[0].end = 4999;
    story_publish(w, "ann", "e1");
    story_feed(w);
    story_expect(w, "commit 0/0 reach=10000 receipts=0");
    story_commit(w);
    story_expect(w, "find ann");
    w->log.partitions[0].end = 9999;
    story_publish(w, "ben", "e2");
    story_feed(w);
    story_expect(w, "find ben; commit 0/0 reach=15000 receipts=0");
    story_publish(w, "cid", "e3");
    story_feed(w);
    story_expect_nothing(w);
    world_pass(w, 60000);
    story_expect_nothing(w);
    story_commit(w);
    story_expect(w, "find cid");
    story_end(w);
}

static void offsets_are_committed_only_below_which_all_is_settled(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ben", "e2");
    story_arrive(w, "cid", "e3");
    for (int i = 0; i < 3; i++) {
        world_answer(w, 1, FATE_DONE);
        world_answer(w, 1, FATE_DONE);
    }
    assert_int_equal(w->produce_count, 2);
    story_skip(w);
    world_acknowledge(w, 1, PRODUCED_OK);
    world_acknowledge(w, 0, PRODUCED_OK);
    world_pass(w, 5000);
    story_expect(w, "settled 0/2 delivered; settled 0/1 delivered");
    story_answers(w, 3);
    story_acknowledge(w);
    /* The receipts of 1 and 2 need not be read again once all below is settled. */
    story_expect(w, "create ann; open c3 e1; receipt 0/0 delivered; settled 0/0 delivered; "
                    "commit 0/3 reach=5001 receipts=3");
    story_end(w);
}

static void what_moved_is_committed_once_a_second(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ben", "e2");
    story_answers(w, 6);
    story_skip(w);
    story_acknowledge(w);
    story_expect(w, "settled 0/0 delivered");
    story_acknowledge(w);
    story_expect(w, "settled 0/1 delivered");
    world_pass(w, 999);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "commit 0/2 reach=5001 receipts=2");
    story_end(w);
}

static void a_commit_that_fails_is_tried_again_and_not_at_once(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    story_feed(w);
    story_skip(w);
    world_committed(w, 0, false, false);
    world_pass(w, 999);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    story_answers(w, 3);
    story_skip(w);
    story_acknowledge(w);
    world_pass(w, 1000);
    story_expect(w, "settled 0/0 delivered; commit 0/1 reach=5001 receipts=1");
    world_committed(w, 0, false, false);
    world_pass(w, 199);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "commit 0/1 reach=5001 receipts=1");
    story_end(w);
}

static void the_messages_of_a_customer_go_in_order_and_a_stuck_customer_holds_up_nobody_else(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", "e2");
    story_arrive(w, "ben", "e3");
    story_expect(w, "commit 0/0 reach=5001 receipts=0; find ann; find ben");
    story_answer(w, FATE_ERROR);
    story_expect(w, "trouble 0/0 find_customers server_error");
    story_answers(w, 3);
    story_expect(w, "create ben; open c1 e3; receipt 0/2 delivered");
    world_pass(w, 500);
    story_expect(w, "find ann");
    story_answers(w, 3);
    /* The next may go when the first is in Papercups; its receipt need not be written yet. */
    story_expect(w, "create ann; open c2 e1; receipt 0/0 delivered; post v2 e2");
    story_end(w);
}

static void an_account_has_no_more_requests_under_way_than_it_may_and_another_is_not_held_up(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.max_in_flight = 2;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ben", "e2");
    story_arrive(w, "cid", "e3");
    story_arrive(w, "dan", "e4");
    story_expect(w, "commit 0/0 reach=5001 receipts=0; find ann; find ben");
    world_publish(w, &(struct publication){.account = "beta", .customer = "ann", .event_id = "e5"});
    story_feed(w);
    story_expect(w, "find ann");
    story_answers(w, 2);
    story_expect(w, "create ann; create ben");
    story_answer(w, FATE_DONE);
    story_expect(w, "create ann");
    story_answers(w, 2);
    story_expect(w, "open c1 e1; open c2 e2");
    world_answer(w, 1, FATE_DONE);
    story_expect(w, "receipt 0/0 delivered; find cid");
    story_end(w);
}

static void where_an_account_is_asked_to_wait_all_its_customers_do(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answer(w, FATE_BUSY);
    story_skip(w);
    story_arrive(w, "ben", "e2");
    world_publish(w, &(struct publication){.account = "beta", .customer = "ann", .event_id = "e3"});
    story_feed(w);
    story_expect(w, "find ann");
    world_pass(w, 1999);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "find ben; find ann");
    story_end(w);
}

/* A proxy's word: it had passed the request on. */
static void a_post_that_is_answered_503_is_read_back_when_it_says_so(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_skip(w);
    story_answer(w, FATE_UNAVAILABLE_STORED);
    world_pass(w, 1999);
    story_expect(w, "trouble 0/0 post_conversation later");
    world_pass(w, 1);
    story_expect(w, "rows of ann");
    world_go_for(w, 60000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

static void two_messages_to_a_customer_are_a_spacing_apart(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.spacing_ms = 1000;
    struct world *w = story_begin(&options);
    world_pass(w, 1000);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", "e2");
    story_answers(w, 3);
    story_skip(w);
    world_pass(w, 999);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "post v1 e2");
    story_end(w);
}

/* The one before it may have been posted by an earlier owner until just now. */
static void the_first_message_to_a_customer_is_a_spacing_from_the_assignment(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.spacing_ms = 1000;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e1");
    story_skip(w);
    world_pass(w, 999);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "find ann");
    story_end(w);
}

/* Ann's second event waits for the end of the spacing; in the turn in which that ends, a commit lets everybody start. */
static struct world *spacing_ends_with_a_commit(const char *second)
{
    struct world_options options = world_options();
    options.spacing_ms = 1000;
    struct world *w = story_begin(&options);
    world_pass(w, 1000);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", second);
    story_answers(w, 3);
    w->log.partitions[0].end = 9000;
    story_publish(w, "ben", "e3");
    story_feed(w);
    story_skip(w);
    w->now.mono.ms += 1000;
    w->now.wall.ms += 1000;
    story_commit(w);
    return w;
}

/* Its timer is due in the very turn in which something else has started it. */
static void a_commit_and_the_end_of_a_spacing_may_come_in_one_turn(void **state)
{
    (void)state;
    struct world *w = spacing_ends_with_a_commit("e2");
    story_expect(w, "post v1 e2; find ben");
    story_end(w);
}

static void the_end_of_a_spacing_makes_no_second_receipt_of_a_duplicate(void **state)
{
    (void)state;
    struct world *w = spacing_ends_with_a_commit("e1");
    story_expect(w, "receipt 0/1 duplicate; find ben");
    story_end(w);
}

static void a_post_without_an_answer_is_looked_for_twice_before_it_is_made_again(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_skip(w);
    story_answer(w, FATE_LOST);
    story_expect(w, "trouble 0/0 post_conversation lost");
    world_pass(w, WORLD_SETTLE_MS - 1);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_answers(w, 2);
    story_expect(w, "rows of ann; read c1");
    world_pass(w, 1000);
    story_answers(w, 2);
    story_expect(w, "rows of ann; read c1; find ann");
    story_answers(w, 2);
    story_expect(w, "list c1; open c1 e1");
    story_end(w);
}

static void a_post_that_was_stored_without_an_answer_is_found_and_not_made_again(void **state)
{
    (void)state;
    static const enum fate fates[] = {FATE_LOST_STORED, FATE_LOST_STORED_LATE, FATE_ERROR_STORED,
                                      FATE_ERROR_STORED_LATE, FATE_GARBAGE};
    for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
        struct world *w = story_begin(NULL);
        story_arrive(w, "ann", "e1");
        story_answers(w, 2);
        story_answer(w, fates[i]);
        world_go_for(w, 2 * WORLD_SETTLE_MS);
        assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_DELIVERED);
        assert_int_equal(w->log.partitions[0].committed, 1);
        story_end(w);
    }
}

static void past_its_deadline_an_event_is_given_up_and_not_posted(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    world_publish(w, &(struct publication){.customer = "ann", .event_id = "e1", .deliver_within_s = 5});
    story_feed(w);
    story_commit(w);
    for (int i = 0; i < 100 && w->produce_count == 0; i++) {
        if (w->request_count > 0)
            story_answer(w, FATE_NOT_SENT);
        world_pass(w, 100);
    }
    story_skip(w);
    world_go(w);
    story_expect(w, "receipt 0/0 gave_up; settled 0/0 gave_up; commit 0/1 reach=5001 receipts=1");
    assert_int_equal(w->papercups.message_count, 0);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_delivered_its_receipt_acknowledged_and_only_then_its_offset_committed),
        cmocka_unit_test(a_customer_with_an_open_conversation_gets_the_next_message_into_it),
        cmocka_unit_test(nothing_starts_at_or_beyond_the_reach_before_a_commit_says_so),
        cmocka_unit_test(offsets_are_committed_only_below_which_all_is_settled),
        cmocka_unit_test(what_moved_is_committed_once_a_second),
        cmocka_unit_test(a_commit_that_fails_is_tried_again_and_not_at_once),
        cmocka_unit_test(the_messages_of_a_customer_go_in_order_and_a_stuck_customer_holds_up_nobody_else),
        cmocka_unit_test(an_account_has_no_more_requests_under_way_than_it_may_and_another_is_not_held_up),
        cmocka_unit_test(where_an_account_is_asked_to_wait_all_its_customers_do),
        cmocka_unit_test(a_post_that_is_answered_503_is_read_back_when_it_says_so),
        cmocka_unit_test(two_messages_to_a_customer_are_a_spacing_apart),
        cmocka_unit_test(the_first_message_to_a_customer_is_a_spacing_from_the_assignment),
        cmocka_unit_test(a_commit_and_the_end_of_a_spacing_may_come_in_one_turn),
        cmocka_unit_test(the_end_of_a_spacing_makes_no_second_receipt_of_a_duplicate),
        cmocka_unit_test(a_post_without_an_answer_is_looked_for_twice_before_it_is_made_again),
        cmocka_unit_test(a_post_that_was_stored_without_an_answer_is_found_and_not_made_again),
        cmocka_unit_test(past_its_deadline_an_event_is_given_up_and_not_posted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
