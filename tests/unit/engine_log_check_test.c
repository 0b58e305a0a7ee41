/* Whether a log is still the one that was read. */
#include "engine/internal.h"
#include "engine/story.h"

/* A worker that has settled two events, told as ever. */
static struct world *world_with_two(void)
{
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    story_publish(w, "ben", "e2");
    world_go_for(w, 5000);
    assert_int_equal(w->log.partitions[0].committed, 2);
    story_skip(w);
    return w;
}

/* All is asked and answered that is due in a minute. */
static void pass_checks(struct world *w)
{
    world_go_for(w, 2 * ENGINE_LOG_CHECK_MS);
}

static void a_topic_made_again_with_as_many_records_is_found_out(void **state)
{
    (void)state;
    struct world *w = world_with_two();
    world_make_again(w, 0);
    story_publish(w, "cid", "e3");
    story_publish(w, "dan", "e4");
    story_feed(w);
    story_expect_nothing(w); /* it reads on behind both */
    pass_checks(w);
    story_expect(w, "log 0/0 went back; released 0");
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    world_go_for(w, 60000);
    assert_int_equal(w->papercups.message_count, 4);
    story_end(w);
}

/* The broker answers of the old topic; by the time that the worker hears it, it has read a record of the new one. */
static void what_was_read_while_the_log_was_asked_about_is_no_witness_of_it(void **state)
{
    (void)state;
    struct world *w = world_with_two();
    world_pass(w, ENGINE_LOG_CHECK_MS);
    world_tick(w, 0);
    world_look_at_log(w, 0, 0);
    world_make_again(w, 0);
    story_publish(w, "cid", "e3");
    story_publish(w, "dan", "e4");
    story_publish(w, "eve", "e5");
    story_feed(w);
    story_skip(w);
    world_log_checked(w, 0, 0);
    pass_checks(w);
    story_expect(w, "create eve; open c3 e5; receipt 0/2 delivered; settled 0/2 delivered; "
                    "commit 0/3 reach=5001 receipts=3; log 0/1 went back; released 0");
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    world_go_for(w, 60000);
    assert_int_equal(w->papercups.message_count, 5);
    story_end(w);
}

/* Its last commit names a record of the new topic, and one of the old. */
static void it_is_found_out_by_the_next_owner_too(void **state)
{
    (void)state;
    struct world *w = world_with_two();
    world_make_again(w, 0);
    story_publish(w, "cid", "e3");
    story_publish(w, "dan", "e4");
    story_publish(w, "eve", "e5");
    world_go_for(w, 5000);
    assert_int_equal(w->log.partitions[0].committed, 3);
    world_crash(w, 0);
    world_forget(w);
    story_skip(w);
    world_assign(w, 0, 0);
    story_expect(w, "log 0/3 is another; read 0 receipts=0 since=0");
    world_rebuild(w, 0, 0);
    world_go_for(w, 60000);
    assert_int_equal(w->papercups.message_count, 5);
    story_end(w);
}

static void what_retention_has_deleted_is_no_other_log(void **state)
{
    (void)state;
    struct world *w = world_with_two();
    world_retire(w, 0, 2);
    pass_checks(w);
    story_expect_nothing(w);
    story_end(w);
}

/* A producer may write any stamp where it is its own that counts. */
static void a_record_with_a_stamp_of_minus_one_is_one(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    story_publish(w, "ben", "e2");
    w->log.partitions[0].events[1]->timestamp_ms = -1;
    world_go_for(w, 5000);
    story_skip(w);
    pass_checks(w);
    story_expect_nothing(w);
    world_crash(w, 0);
    world_forget(w);
    story_skip(w);
    world_assign(w, 0, 0);
    assert_null(strstr(w->trace.data, "is another"));
    story_end(w);
}

/* Someone has set the group's offset to the end, where a transaction's marker is: no record stands below. */
static void an_offset_behind_a_gap_is_committed_as_such(void **state)
{
    (void)state;
    struct world *w = world_with_two();
    w->log.partitions[0].end = 5;
    world_crash(w, 0);
    world_forget(w);
    fake_log_commit(&w->log, 0, 5, "");
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_publish(w, "cid", "e3");
    story_feed(w);
    story_commit(w); /* no record is settled yet */
    assert_non_null(strstr(w->log.partitions[0].metadata, " inside=1"));
    world_crash(w, 0);
    world_forget(w);
    story_skip(w);
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_expect(w, "read 0 receipts=2 since=-3660000; start 0/5");
    story_end(w);
}

/* It was given the partition, and has read nothing of it: the topic may have been made again since, and the commit that lets
 * deliveries start be gone with the one before. */
static void what_is_not_in_doubt_waits_for_a_commit_of_the_log_that_is_read(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    world_crash(w, 0);
    world_forget(w);
    world_assign(w, 0, 0);
    world_make_again(w, 0);
    world_rebuild(w, 0, 0);
    story_publish(w, "ben", "e2");
    story_publish(w, "cid", "e3");
    story_skip(w);
    story_feed(w);
    story_expect(w, "rows of ben; commit 0/0 reach=5002 receipts=0");
    story_commit(w);
    story_expect(w, "find cid");
    story_end(w);
}

/* Its owner had begun where the log before began, at 3, and had settled nothing; this one begins at 0. */
static void a_commit_that_names_no_record_is_of_a_log_that_began_there(void **state)
{
    (void)state;
    struct world *w = world_with_two();
    struct progress progress = {.reach = 8, .secret = engine_secret(w->workers[0].engine)};
    char text[PROGRESS_TEXT_MAX];
    progress_write(&progress, text);
    for (int i = 0; i < 3; i++)
        story_publish(w, "cid", i == 0 ? "e3" : i == 1 ? "e4" : "e5");
    world_crash(w, 0);
    world_forget(w);
    fake_log_commit(&w->log, 0, 3, text);
    story_skip(w);
    world_assign(w, 0, 0);
    story_expect(w, "log 0/3 is another; read 0 receipts=0 since=0");
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_made_again_with_as_many_records_is_found_out),
        cmocka_unit_test(what_was_read_while_the_log_was_asked_about_is_no_witness_of_it),
        cmocka_unit_test(it_is_found_out_by_the_next_owner_too),
        cmocka_unit_test(what_retention_has_deleted_is_no_other_log),
        cmocka_unit_test(a_record_with_a_stamp_of_minus_one_is_one),
        cmocka_unit_test(an_offset_behind_a_gap_is_committed_as_such),
        cmocka_unit_test(a_commit_that_names_no_record_is_of_a_log_that_began_there),
        cmocka_unit_test(what_is_not_in_doubt_waits_for_a_commit_of_the_log_that_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
