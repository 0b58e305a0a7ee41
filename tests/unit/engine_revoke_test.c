#include "engine/story.h"

static void a_revoked_partition_starts_nothing_finishes_what_is_under_way_commits_and_is_released(
    void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.max_in_flight = 2;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", "e2");
    story_answers(w, 2);
    story_skip(w);
    story_arrive(w, "ben", "e3");
    story_arrive(w, "cid", "e4");
    /* e1 is being posted, ben looked up; e2 waits for its turn and e4 for a place. */
    story_expect(w, "find ben");
    world_revoke(w, 0, 0);
    story_expect_nothing(w);
    for (int i = 0; i < 2; i++)
        story_answer(w, FATE_DONE);
    story_expect(w, "receipt 0/0 delivered");
    story_acknowledge(w);
    /* Whoever comes next has nothing in doubt: reach is the offset. */
    story_expect(w, "settled 0/0 delivered; commit 0/1 reach=1 receipts=1");
    world_pass(w, 60000);
    story_expect_nothing(w);
    story_commit(w);
    story_expect(w, "released 0");
    assert_int_equal(engine_unsettled(w->workers[0].engine), 0);
    story_end(w);
}

static void a_record_that_was_on_its_way_when_the_partition_was_revoked_is_ignored(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    world_revoke(w, 0, 0);
    story_publish(w, "ben", "e2");
    w->workers[0].shares[0].started = true;
    story_skip(w);
    story_feed(w);
    assert_int_equal(engine_unsettled(w->workers[0].engine), 1);
    story_answer(w, FATE_DONE);
    story_expect(w, "commit 0/0 reach=0 receipts=0");
    story_commit(w);
    story_expect(w, "released 0");
    story_publish(w, "cid", "e3");
    story_feed(w);
    story_expect_nothing(w);
    story_end(w);
}

/* Else the next owner would read too few receipts, and deliver a repetition among those records once more. */
static void the_last_commit_tells_when_the_oldest_of_the_records_was_admitted_that_are_left(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.max_in_flight = 1;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e1");
    const struct record *left = story_publish(w, "ben", "e2");
    story_feed(w);
    world_pass(w, 300000);
    story_publish(w, "cid", "e3");
    story_feed(w);
    world_revoke(w, 0, 0);
    world_go(w);
    struct progress progress;
    assert_int_equal(w->log.partitions[0].committed, 0);
    assert_true(progress_read(span_of(w->log.partitions[0].metadata), &progress));
    assert_true(progress.admitted_ms <= left->timestamp_ms);
    story_end(w);
}

static void what_only_waits_to_be_tried_again_is_not_waited_for(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ben", "e2");
    story_answer(w, FATE_BUSY);
    story_skip(w);
    world_revoke(w, 0, 0);
    story_expect_nothing(w);
    story_answer(w, FATE_BUSY);
    story_expect(w, "trouble 0/1 find_customers later; commit 0/0 reach=0 receipts=0");
    story_end(w);
}

static void what_may_be_stored_is_followed_by_reading_and_not_posted_again(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    world_revoke(w, 0, 0);
    story_skip(w);
    story_answer(w, FATE_ERROR_STORED);
    story_answers(w, 3);
    story_expect(w, "trouble 0/0 post_conversation server_error; rows of ann; read c1; messages v1; "
                    "receipt 0/0 delivered");
    world_go(w);
    story_expect(w, "settled 0/0 delivered; commit 0/1 reach=1 receipts=1; released 0");
    story_end(w);
}

static void what_has_not_finished_in_the_drain_time_stays_in_doubt(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    world_revoke(w, 0, 0);
    story_skip(w);
    world_pass(w, WORLD_DRAIN_MS - 1);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    story_expect(w, "released 0");
    story_end(w);
}

static void a_partition_is_not_given_up_before_its_receipts_are_acknowledged(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 3);
    world_revoke(w, 0, 0);
    story_skip(w);
    world_pass(w, 10 * WORLD_DRAIN_MS);
    story_expect_nothing(w); /* or the next owner could read the receipts before it is among them */
    story_acknowledge(w);
    story_expect(w, "settled 0/0 delivered; commit 0/1 reach=1 receipts=1");
    story_commit(w);
    story_expect(w, "released 0");
    story_end(w);
}

static void a_receipt_that_fails_after_the_drain_time_leaves_it_in_doubt(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 3);
    world_revoke(w, 0, 0);
    world_pass(w, WORLD_DRAIN_MS);
    story_skip(w);
    world_acknowledge(w, 0, PRODUCED_FAILED);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    story_expect(w, "released 0");
    story_end(w);
}

static void a_partition_lost_and_assigned_again_is_read_when_its_own_receipts_are_written(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 3);
    world_lose(w, 0, 0);
    story_skip(w);
    world_assign(w, 0, 0);
    world_pass(w, 60000);
    story_expect_nothing(w);
    story_acknowledge(w);
    story_expect(w, "read 0 receipts=0 since=-3720000");
    world_go(w);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

static void a_late_answer_changes_nothing_but_frees_the_accounts_place(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.max_in_flight = 1;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    world_lose(w, 0, 0);
    story_skip(w);
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_feed(w);
    story_skip(w);
    world_pass(w, 30000);
    story_expect_nothing(w);
    assert_int_equal(engine_requests(w->workers[0].engine), 1);
    story_answer(w, FATE_DONE);
    /* e1 is read back now; nothing is told of it until then. */
    story_expect(w, "rows of ann");
    story_answers(w, 3);
    story_expect(w, "read c1; messages v1; receipt 0/0 delivered");
    assert_int_equal(w->papercups.message_count, 1);
    story_end(w);
}

static void a_late_acknowledgement_settles_nothing(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 3);
    world_lose(w, 0, 0);
    story_skip(w);
    story_acknowledge(w);
    story_expect_nothing(w);
    assert_int_equal(engine_unsettled(w->workers[0].engine), 0);
    story_end(w);
}

static void a_late_word_about_a_commit_of_before_changes_nothing(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    w->log.partitions[0].end = 4000;
    story_publish(w, "ann", "e1");
    story_feed(w);
    assert_int_equal(w->commit_count, 1);
    world_lose(w, 0, 0);
    fake_log_commit(&w->log, 0, 4000, "v1 reach=9001 receipts=0 admitted=0");
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_skip(w);
    story_commit(w);
    story_feed(w);
    /* The reach that was found holds still. */
    story_expect(w, "rows of ann");
    story_end(w);
}

static void a_lost_partition_commits_nothing(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ben", "e2");
    story_answers(w, 6);
    story_acknowledge(w);
    story_skip(w);
    world_lose(w, 0, 0);
    story_expect(w, "released 0");
    while (w->produce_count > 0)
        story_acknowledge(w);
    world_pass(w, 60000);
    story_expect_nothing(w);
    story_end(w);
}

static void a_stop_releases_everything_and_then_says_so(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.partition_count = 2;
    struct world *w = story_begin(&options);
    world_assign(w, 0, 1);
    world_rebuild(w, 0, 1);
    story_skip(w);
    world_stop(w, 0);
    story_expect(w, "commit 0/0 reach=0 receipts=0; commit 1/0 reach=0 receipts=0");
    story_commit(w);
    story_expect(w, "released 0");
    /* The consumer is closed only now, and revokes what was given up before. */
    world_revoke(w, 0, 0);
    story_expect(w, "released 0");
    world_revoke(w, 0, 1);
    story_expect_nothing(w);
    story_commit(w);
    story_expect(w, "released 1; stopped");
    world_revoke(w, 0, 1);
    story_expect(w, "released 1");
    story_end(w);
}

static void a_stop_of_nothing_is_said_at_once(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    struct world *w = world_new(&options);
    world_stop(w, 0);
    story_expect(w, "stopped");
    world_tick(w, 0);
    story_expect_nothing(w);
    story_end(w);
}

static void the_last_commit_waits_for_the_answer_to_the_one_before(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    story_feed(w);
    world_revoke(w, 0, 0);
    story_skip(w);
    world_pass(w, 2 * WORLD_DRAIN_MS);
    story_expect_nothing(w);
    story_commit(w);
    story_expect(w, "commit 0/0 reach=0 receipts=0");
    story_end(w);
}

/* The drain time is over and the answer to a commit still out: that is no reason to spin. */
static void a_commit_that_outlasts_the_drain_time_is_waited_for_in_peace(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    w->log.partitions[0].end = 4000;
    story_publish(w, "ben", "e2");
    story_feed(w);
    assert_int_equal(w->commit_count, 1);
    world_revoke(w, 0, 0);
    story_skip(w);
    world_pass(w, 2 * WORLD_DRAIN_MS);
    story_expect_nothing(w);
    story_commit(w);
    story_expect(w, "commit 0/0 reach=9001 receipts=0");
    story_end(w);
}

static void the_last_commit_is_tried_again_until_the_drain_time_is_over(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    world_go(w);
    world_revoke(w, 0, 0);
    story_skip(w);
    world_committed(w, 0, false, false);
    world_pass(w, 199);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "commit 0/0 reach=0 receipts=0");
    world_pass(w, WORLD_DRAIN_MS);
    world_committed(w, 0, false, false);
    story_expect(w, "released 0");
    story_end(w);
}

static void a_partition_revoked_while_its_receipts_are_read_leaves_everything_as_it_was(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    struct world *w = world_new(&options);
    story_publish(w, "ann", "e1");
    story_publish(w, "ben", "e2");
    fake_log_commit(&w->log, 0, 1, "v1 reach=5000 receipts=7 admitted=1767225599000");
    world_assign(w, 0, 0);
    story_skip(w);
    world_revoke(w, 0, 0);
    story_expect(w, "commit 0/1 reach=5000 receipts=7");
    story_commit(w);
    story_expect(w, "released 0");
    story_end(w);
}

static void an_event_in_doubt_that_was_not_read_back_stays_so_for_the_next_owner(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    for (int read = 0; read <= 1; read++) { /* not read from the log, or read and waiting */
        struct world *w = world_new(&options);
        story_publish(w, "ann", "e1");
        fake_log_commit(&w->log, 0, 0, "v1 reach=5000 receipts=0 admitted=0");
        world_assign(w, 0, 0);
        world_rebuild(w, 0, 0);
        if (read == 1) {
            story_feed(w);
            story_answer(w, FATE_DONE);
        }
        story_skip(w);
        world_revoke(w, 0, 0);
        story_expect(w, "commit 0/0 reach=5000 receipts=0");
        story_end(w);
    }
}

/* What is left to do after a delivery is a courtesy: it neither keeps the partition nor leaves anything in
 * doubt for the next owner. */
static void a_delivered_event_is_settled_without_what_would_follow(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.unassign = true;
    for (int revoked = 0; revoked < 2; revoked++) {
        struct world *w = story_begin(&options);
        fake_papercups_plant(&w->papercups, "acme", "ann", "older", "v1:of-somebody-else");
        story_arrive(w, "ann", "e1");
        story_answers(w, 2);
        if (revoked == 1)
            world_revoke(w, 0, 0);
        story_skip(w);
        story_answer(w, FATE_DONE);
        story_expect(w, revoked == 1 ? "receipt 0/0 delivered" : "unassign v1");
        world_go(w);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_DELIVERED);
        story_end(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_revoked_partition_starts_nothing_finishes_what_is_under_way_commits_and_is_released),
        cmocka_unit_test(a_record_that_was_on_its_way_when_the_partition_was_revoked_is_ignored),
        cmocka_unit_test(what_only_waits_to_be_tried_again_is_not_waited_for),
        cmocka_unit_test(what_may_be_stored_is_followed_by_reading_and_not_posted_again),
        cmocka_unit_test(what_has_not_finished_in_the_drain_time_stays_in_doubt),
        cmocka_unit_test(a_partition_is_not_given_up_before_its_receipts_are_acknowledged),
        cmocka_unit_test(a_receipt_that_fails_after_the_drain_time_leaves_it_in_doubt),
        cmocka_unit_test(a_partition_lost_and_assigned_again_is_read_when_its_own_receipts_are_written),
        cmocka_unit_test(a_delivered_event_is_settled_without_what_would_follow),
        cmocka_unit_test(a_late_answer_changes_nothing_but_frees_the_accounts_place),
        cmocka_unit_test(a_late_acknowledgement_settles_nothing),
        cmocka_unit_test(a_late_word_about_a_commit_of_before_changes_nothing),
        cmocka_unit_test(a_lost_partition_commits_nothing),
        cmocka_unit_test(a_stop_releases_everything_and_then_says_so),
        cmocka_unit_test(a_stop_of_nothing_is_said_at_once),
        cmocka_unit_test(the_last_commit_waits_for_the_answer_to_the_one_before),
        cmocka_unit_test(a_commit_that_outlasts_the_drain_time_is_waited_for_in_peace),
        cmocka_unit_test(the_last_commit_is_tried_again_until_the_drain_time_is_over),
        cmocka_unit_test(a_partition_revoked_while_its_receipts_are_read_leaves_everything_as_it_was),
        cmocka_unit_test(the_last_commit_tells_when_the_oldest_of_the_records_was_admitted_that_are_left),
        cmocka_unit_test(an_event_in_doubt_that_was_not_read_back_stays_so_for_the_next_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
