#include "engine/story.h"

static void the_same_bytes_again_are_a_duplicate(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    const struct record *first = story_publish(w, "ann", "e1");
    world_go_for(w, 1000);
    story_skip(w);
    world_pass(w, 1800 * 1000);
    world_repeat(w, first);
    story_feed(w);
    /* Half an hour later they are long expired, and a duplicate all the same; it needs no dead letter. */
    story_expect(w, "receipt 0/1 duplicate");
    world_go(w);
    story_expect(w, "settled 0/1 duplicate; commit 0/2 reach=5001 receipts=2");
    story_end(w);
}

static void an_event_signed_anew_under_the_same_id_is_a_duplicate(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    world_go_for(w, 1000);
    story_skip(w);
    world_pass(w, 60000);
    story_publish(w, "ann", "e1");
    story_publish(w, "ben", "e1");
    story_feed(w);
    story_expect(w, "receipt 0/1 duplicate; find ben");
    story_end(w);
}

static void a_repetition_waits_behind_the_event_that_it_repeats(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", "e1");
    story_expect(w, "commit 0/0 reach=5001 receipts=0; find ann");
    world_pass(w, 60000);
    story_expect_nothing(w);
    story_answers(w, 3);
    story_expect(w, "create ann; open c1 e1; receipt 0/0 delivered; receipt 0/1 duplicate");
    story_end(w);
}

static void a_repetition_signed_later_is_admitted_when_the_first_failed_and_read_back_first(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    world_pass(w, 1000);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_skip(w);
    story_answer(w, FATE_REFUSED);
    story_expect(w, "trouble 0/0 post_conversation refused; dead letter 0/0 refused_by_papercups");
    story_acknowledge(w);
    story_expect(w, "receipt 0/0 refused_by_papercups");
    story_acknowledge(w);
    story_expect(w, "settled 0/0 refused_by_papercups; rows of ann; commit 0/1 reach=5001 receipts=1");
    story_answers(w, 2);
    story_expect(w, "read c1; find ann");
    story_answers(w, 3);
    story_expect(w, "list c1; open c1 e1; receipt 0/1 delivered");
    story_end(w);
}

static void a_repetition_of_a_failed_event_with_the_same_signature_is_a_duplicate(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    const struct record *first = story_publish(w, "ann", "e1");
    world_repeat(w, first);
    story_feed(w);
    story_commit(w);
    story_answers(w, 2);
    story_answer(w, FATE_REFUSED);
    story_acknowledge(w);
    story_skip(w);
    story_acknowledge(w);
    story_expect(w, "settled 0/0 refused_by_papercups; receipt 0/1 duplicate");
    story_end(w);
}

static void an_event_that_failed_and_was_then_delivered_is_a_duplicate_from_then_on(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_answer(w, FATE_REFUSED);
    for (int i = 0; i < 3; i++) {
        world_pass(w, 1000);
        story_publish(w, "ann", "e1");
        world_go(w);
    }
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_DELIVERED);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 2), OUTCOME_DUPLICATE);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 3), OUTCOME_DUPLICATE);
    assert_int_equal(w->papercups.message_count, 1);
    story_end(w);
}

/* It came in time, waited for two hours behind a stuck one, and its window of one hour begins when it is delivered. */
static void the_window_begins_when_the_event_has_ended_and_ends_an_hour_later(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    const int64_t deliver_within_s = 4 * 3600;
    world_publish(
        w, &(struct publication){.customer = "ann", .event_id = "e1", .deliver_within_s = deliver_within_s});
    story_feed(w);
    story_commit(w);
    world_pass(w, 2 * 3600 * 1000);
    world_go(w);
    world_pass(w, 3600 * 1000);
    story_publish(w, "ann", "e1");
    world_go(w);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_DUPLICATE);
    world_pass(w, 1000);
    story_publish(w, "ann", "e1");
    world_go(w);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 2), OUTCOME_DELIVERED);
    story_end(w);
}

static void what_was_rejected_uses_up_nobodys_id(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    world_publish(w, &(struct publication){.customer = "ann", .event_id = "e1", .forged = true});
    world_publish(w, &(struct publication){
                         .customer = "ann", .event_id = "e1", .signed_at_s = w->now.wall.ms / 1000 - 100});
    story_publish(w, "ann", "e1");
    world_go(w);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_BAD_SIGNATURE);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_EXPIRED);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 2), OUTCOME_DELIVERED);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_again_are_a_duplicate),
        cmocka_unit_test(an_event_signed_anew_under_the_same_id_is_a_duplicate),
        cmocka_unit_test(a_repetition_waits_behind_the_event_that_it_repeats),
        cmocka_unit_test(a_repetition_signed_later_is_admitted_when_the_first_failed_and_read_back_first),
        cmocka_unit_test(a_repetition_of_a_failed_event_with_the_same_signature_is_a_duplicate),
        cmocka_unit_test(an_event_that_failed_and_was_then_delivered_is_a_duplicate_from_then_on),
        cmocka_unit_test(the_window_begins_when_the_event_has_ended_and_ends_an_hour_later),
        cmocka_unit_test(what_was_rejected_uses_up_nobodys_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
