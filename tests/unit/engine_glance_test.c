/* What the customer's widget shows: conversations that are closed while a message comes, and those that have just begun. */
#include "engine/story.h"

#define LOOK_MS 3000
#define NEW_MS  4000

static struct world *glance_begin(void)
{
    struct world_options options = world_options();
    options.look_ms = LOOK_MS;
    return story_begin(&options);
}

/* Ann's conversation v1 is there and known, with e0 in it, and was looked at long ago. */
static struct world *glance_begin_warm(void)
{
    struct world *w = glance_begin();
    story_arrive(w, "ann", "e0");
    world_go_for(w, LOOK_MS);
    story_skip(w);
    return w;
}

static void after_a_post_its_conversation_is_looked_at_and_the_receipt_does_not_wait_for_that(void **state)
{
    (void)state;
    struct world *w = glance_begin();
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_skip(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "receipt 0/0 delivered; read v1");
    story_acknowledge(w);
    story_expect(w, "settled 0/0 delivered");
    story_answer(w, FATE_DONE);
    world_go_for(w, 60000);
    story_expect(w, "commit 0/1 reach=5001 receipts=1");
    story_end(w);
}

static void a_conversation_that_was_closed_meanwhile_is_opened_again_and_forgotten(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    world_close(w, 1);
    story_arrive(w, "ann", "e1");
    story_expect(w, "post v1 e1");
    story_answer(w, FATE_DONE);
    story_expect(w, "receipt 0/1 delivered; read v1");
    story_answer(w, FATE_DONE);
    story_expect(w, "reopen v1");
    story_answer(w, FATE_DONE);
    assert_false(w->papercups.conversations[0].closed);
    story_acknowledge(w);
    story_skip(w);
    story_arrive(w, "ann", "e2");
    story_expect(w, "find ann");
    story_answers(w, 2);
    story_expect(w, "list c1; post v1 e2");
    world_go_for(w, LOOK_MS);
    story_end(w);
}

static void of_a_burst_the_conversation_is_looked_at_once(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    for (int i = 1; i <= 6; i++) {
        char event_id[4] = {'e', (char)('0' + i), 0};
        story_publish(w, "ann", event_id);
    }
    story_feed(w);
    story_answers(w, 6);
    story_expect(w, "post v1 e1; receipt 0/1 delivered; post v1 e2; receipt 0/2 delivered; post v1 e3; "
                    "receipt 0/3 delivered; post v1 e4; receipt 0/4 delivered; post v1 e5; "
                    "receipt 0/5 delivered; post v1 e6; receipt 0/6 delivered; read v1");
    world_go_for(w, 60000);
    story_end(w);
}

static void events_that_come_one_by_one_are_looked_behind_only_so_often(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_expect(w, "post v1 e1; receipt 0/1 delivered; read v1");
    world_pass(w, 1000);
    story_skip(w);
    story_arrive(w, "ann", "e2");
    story_answer(w, FATE_DONE);
    story_expect(w, "post v1 e2; receipt 0/2 delivered");
    world_pass(w, LOOK_MS - 1001);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "read v1");
    story_end(w);
}

/* Their spacing makes the burst long. */
static void while_a_burst_lasts_the_conversation_is_looked_at_too(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.look_ms = LOOK_MS;
    options.spacing_ms = 1000;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e0");
    world_go_for(w, LOOK_MS + 1000);
    for (int i = 1; i <= 5; i++) {
        char event_id[4] = {'e', (char)('0' + i), 0};
        story_publish(w, "ann", event_id);
    }
    story_feed(w);
    story_skip(w);
    story_answers(w, 1);
    for (int i = 0; i < 3; i++) {
        world_pass(w, 999);
        story_skip(w);
        world_pass(w, 1);
        if (i < 2)
            story_answer(w, FATE_DONE);
    }
    story_expect(w, "read v1; post v1 e4");
    story_answers(w, 2);
    world_pass(w, 1000);
    story_answer(w, FATE_DONE);
    story_expect(w, "receipt 0/4 delivered; post v1 e5; receipt 0/5 delivered");
    world_pass(w, LOOK_MS - 1001);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "read v1");
    story_end(w);
}

static void a_look_that_fails_changes_nothing_and_is_made_again(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    world_close(w, 1);
    story_arrive(w, "ann", "e1");
    story_answer(w, FATE_DONE);
    story_skip(w);
    story_answer(w, FATE_ERROR);
    story_acknowledge(w);
    story_expect(w, "trouble 0/1 read_conversation server_error; settled 0/1 delivered; commit 0/2 "
                    "reach=5001 receipts=2");
    world_pass(w, 1000);
    story_skip(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "reopen v1");
    story_answer(w, FATE_LOST);
    world_pass(w, 1000);
    story_expect(w, "trouble 0/1 reopen lost; reopen v1");
    story_answer(w, FATE_DONE);
    assert_false(w->papercups.conversations[0].closed);
    story_end(w);
}

static void a_look_that_never_works_is_given_up(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    story_arrive(w, "ann", "e1");
    story_answer(w, FATE_DONE);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(w->request_count, 1);
        story_answer(w, FATE_ERROR);
        world_pass(w, 30000);
    }
    assert_int_equal(w->request_count, 0);
    world_go_for(w, 1000);
    story_end(w);
}

static void a_look_that_hangs_holds_up_no_message_to_the_conversation_that_is_known(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    story_arrive(w, "ann", "e1");
    story_answer(w, FATE_DONE);
    story_skip(w);
    story_arrive(w, "ann", "e2");
    story_expect(w, "post v1 e2");
    world_answer(w, 1, FATE_DONE);
    story_expect(w, "receipt 0/2 delivered");
    /* It may have been answered before e2 was there, so it is made again. */
    story_answer(w, FATE_DONE);
    story_expect_nothing(w);
    world_pass(w, LOOK_MS);
    story_skip(w);
    assert_int_equal(w->request_count, 1);
    story_end(w);
}

/* Else it would begin a new conversation, behind which the one before stays hidden when it is opened again. */
static void where_the_next_message_has_to_be_resolved_it_waits_for_the_look(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    world_close(w, 1);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_expect(w, "post v1 e1; receipt 0/1 delivered; read v1; reopen v1");
    story_arrive(w, "ann", "e2");
    story_expect_nothing(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "find ann");
    story_answers(w, 2);
    story_expect(w, "list c1; post v1 e2");
    story_end(w);
}

static void but_not_for_ever(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    world_close(w, 1);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_skip(w);
    story_arrive(w, "ann", "e2");
    world_pass(w, WORLD_HOLD_MS - 1);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "find ann");
    story_end(w);
}

/* A look that is due later is made at once then. */
static void who_does_not_know_any_more_where_to_post_looks_first(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm(); /* it is known for 30 s, of which LOOK_MS are over */
    world_go_for(w, 30000 - LOOK_MS - 2000);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    world_go_for(w, 1000);
    story_arrive(w, "ann", "e2");
    story_answer(w, FATE_DONE);
    world_pass(w, 1000);
    story_skip(w);
    story_arrive(w, "ann", "e3");
    story_expect(w, "read v1");
    story_answer(w, FATE_DONE);
    story_expect(w, "find ann");
    story_end(w);
}

static void what_was_posted_before_a_crash_and_is_found_is_looked_behind(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    story_arrive(w, "ann", "e1");
    story_answer(w, FATE_LOST_STORED);
    world_close(w, 1);
    story_begin_again(w);
    story_skip(w);
    world_go_for(w, 1000);
    story_expect(w, "read c1; messages v1; receipt 0/1 delivered; "
                    "read v1; reopen v1; settled 0/1 delivered; commit 0/2 reach=5001 receipts=2");
    assert_false(w->papercups.conversations[0].closed);
    story_end(w);
}

static void a_partition_is_given_up_when_its_looks_are_made(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    world_pass(w, 1000);
    world_close(w, 1);
    story_arrive(w, "ann", "e2");
    story_answer(w, FATE_DONE);
    while (w->produce_count > 0)
        story_acknowledge(w);
    while (w->commit_count > 0)
        story_commit(w);
    story_skip(w);
    world_revoke(w, 0, 0);
    story_expect(w, "read v1");
    story_answers(w, 2);
    story_expect(w, "reopen v1; commit 0/3 reach=3 receipts=3");
    story_commit(w);
    story_expect(w, "released 0");
    story_end(w);
}

static void but_no_later_than_all_else(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    story_arrive(w, "ann", "e1");
    story_answer(w, FATE_DONE);
    story_acknowledge(w);
    story_commit(w);
    story_skip(w);
    world_revoke(w, 0, 0);
    world_pass(w, WORLD_DRAIN_MS - 1);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "commit 0/2 reach=2 receipts=2");
    story_commit(w);
    story_answer(w, FATE_DONE); /* nobody waits for it */
    story_expect(w, "released 0");
    story_end(w);
}

static void who_has_lost_the_partition_looks_no_more(void **state)
{
    (void)state;
    struct world *w = glance_begin_warm();
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    world_pass(w, 1000);
    story_arrive(w, "ann", "e2");
    story_answer(w, FATE_DONE);
    world_lose(w, 0, 0);
    story_skip(w);
    world_pass(w, 60000);
    story_expect_nothing(w);
    story_end(w);
}

/* Of one customer's queue: the pages have rows of their own. */
static void the_chats_of_two_pages_are_looked_at_each(void **state)
{
    (void)state;
    static const char *const hosts[] = {"shop.example", "blog.example"};
    struct world *w = glance_begin();
    for (int i = 0; i < 4; i++) {
        char event_id[4] = {'e', (char)('0' + i), 0};
        world_publish(w,
                      &(struct publication){.customer = "ann", .event_id = event_id, .host = hosts[i % 2]});
        if (i == 1) {
            story_feed(w);
            story_commit(w);
            world_go_for(w, LOOK_MS);
            world_close(w, 1);
            world_close(w, 2);
            story_skip(w);
        }
    }
    story_feed(w);
    world_go_for(w, LOOK_MS);
    assert_false(w->papercups.conversations[0].closed || w->papercups.conversations[1].closed);
    assert_int_equal(w->papercups.conversation_count, 2);
    story_end(w);
}

static void looks_go_before_messages(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.look_ms = LOOK_MS;
    options.max_in_flight = 1;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ben", "e2");
    for (int i = 0; i < 6; i++)
        story_answer(w, FATE_DONE);
    story_expect(w,
                 "commit 0/0 reach=5001 receipts=0; find ann; create ann; open c1 e1; receipt 0/0 delivered; "
                 "read v1; find ben; create ben; open c2 e2");
    story_end(w);
}

/* ---- conversations that have just begun ---- */

static struct world *young_begin(int workers)
{
    struct world_options options = world_options();
    options.spacing_ms = 1000;
    options.new_spacing_ms = NEW_MS;
    options.worker_count = workers;
    struct world *w = story_begin(&options);
    world_pass(w, 1000);
    return w;
}

static void behind_the_first_message_of_a_conversation_the_next_one_waits_longer(void **state)
{
    (void)state;
    struct world *w = young_begin(1);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", "e2");
    story_arrive(w, "ann", "e3");
    story_answers(w, 3);
    story_skip(w);
    world_pass(w, NEW_MS - 1);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "post v1 e2");
    story_answer(w, FATE_DONE);
    world_pass(w, 1000);
    story_expect(w, "receipt 0/1 delivered; post v1 e3");
    story_end(w);
}

static void also_where_that_was_found_by_reading_back(void **state)
{
    (void)state;
    struct world *w = young_begin(1);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", "e2");
    story_answers(w, 2);
    story_answer(w, FATE_ERROR_STORED);
    story_answers(w, 3);
    story_skip(w);
    world_pass(w, NEW_MS - 1);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "find ann");
    story_end(w);
}

static void and_where_it_was_reopened(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.new_spacing_ms = NEW_MS;
    options.reopen = true;
    struct world *w = story_begin(&options);
    fake_papercups_plant(&w->papercups, "acme", "ann", "older", "v1:of-somebody-else");
    world_close(w, 1);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", "e2");
    story_answers(w, 5);
    story_expect(
        w, "commit 0/0 reach=5001 receipts=0; find ann; list c1; list closed c1; reopen v1; post v1 e1; "
           "receipt 0/0 delivered");
    world_pass(w, NEW_MS - 1);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "post v1 e2");
    story_end(w);
}

static void after_a_look_has_opened_it_again_the_next_waits_too(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.look_ms = LOOK_MS;
    options.new_spacing_ms = NEW_MS;
    struct world *w = story_begin(&options);
    fake_papercups_plant(&w->papercups, "acme", "ann", "older", "v1:of-somebody-else");
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", "e2");
    story_answers(w, 2);
    world_close(w, 1);
    story_answers(w, 2); /* e2 was on its way already */
    story_skip(w);
    story_answers(w, 2);
    story_expect(w, "reopen v1");
    story_arrive(w, "ann", "e3");
    world_pass(w, NEW_MS - 1);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "find ann");
    story_end(w);
}

/* Whoever has it next knows nothing of the worker before, but what Papercups tells of the conversation. */
static void who_has_the_partition_next_reads_that_the_conversation_is_young(void **state)
{
    (void)state;
    struct world *w = young_begin(1);
    story_arrive(w, "ann", "e1");
    world_go(w);
    world_pass(w, 1000);
    world_go(w);
    story_begin_again(w);
    story_arrive(w, "ann", "e2");
    story_skip(w);
    world_pass(w, 1000);
    story_answers(w, 2);
    story_expect(w, "find ann; list c1");
    world_pass(w, 1999); /* it is 2 s old by whole seconds, so perhaps only one */
    story_expect_nothing(w);
    world_pass(w, 1001);
    story_expect(w, "post v1 e2");
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_post_its_conversation_is_looked_at_and_the_receipt_does_not_wait_for_that),
        cmocka_unit_test(a_conversation_that_was_closed_meanwhile_is_opened_again_and_forgotten),
        cmocka_unit_test(of_a_burst_the_conversation_is_looked_at_once),
        cmocka_unit_test(events_that_come_one_by_one_are_looked_behind_only_so_often),
        cmocka_unit_test(while_a_burst_lasts_the_conversation_is_looked_at_too),
        cmocka_unit_test(a_look_that_fails_changes_nothing_and_is_made_again),
        cmocka_unit_test(a_look_that_never_works_is_given_up),
        cmocka_unit_test(a_look_that_hangs_holds_up_no_message_to_the_conversation_that_is_known),
        cmocka_unit_test(where_the_next_message_has_to_be_resolved_it_waits_for_the_look),
        cmocka_unit_test(but_not_for_ever),
        cmocka_unit_test(who_does_not_know_any_more_where_to_post_looks_first),
        cmocka_unit_test(what_was_posted_before_a_crash_and_is_found_is_looked_behind),
        cmocka_unit_test(a_partition_is_given_up_when_its_looks_are_made),
        cmocka_unit_test(but_no_later_than_all_else),
        cmocka_unit_test(who_has_lost_the_partition_looks_no_more),
        cmocka_unit_test(the_chats_of_two_pages_are_looked_at_each),
        cmocka_unit_test(looks_go_before_messages),
        cmocka_unit_test(behind_the_first_message_of_a_conversation_the_next_one_waits_longer),
        cmocka_unit_test(also_where_that_was_found_by_reading_back),
        cmocka_unit_test(and_where_it_was_reopened),
        cmocka_unit_test(after_a_look_has_opened_it_again_the_next_waits_too),
        cmocka_unit_test(who_has_the_partition_next_reads_that_the_conversation_is_young),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
