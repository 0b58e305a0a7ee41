#include "engine/story.h"

/* Nothing at or beyond the reach of the newest accepted commit is started, so that the next owner knows what may have
 * been; a commit that got no answer may still be applied, over later ones. */

/* A commit that reaches to 8003 gets no answer and is applied 50 s later all the same; the one behind it, to 13102, is
 * accepted. ben's event at 8101 waits, 31 s after the commit was lost. */
static struct world *world_with_a_lost_commit(void)
{
    struct world *w = story_begin(NULL);
    struct fake_partition *log = &w->log.partitions[0];
    story_arrive(w, "ann", "e1");
    story_answers(w, 3);
    story_acknowledge(w);
    world_pass(w, 1000);
    story_commit(w);
    log->end = 3002;
    story_publish(w, "ann", "e2");
    story_feed(w);
    assert_non_null(strstr(w->commits[0].text, "reach=8003 "));
    world_commit_late(w, 0, 50000);
    log->end = 8101;
    story_publish(w, "ben", "e3");
    story_feed(w);
    world_pass(w, 1000);
    story_commit(w);
    assert_non_null(strstr(log->metadata, "reach=13102 "));
    story_skip(w);
    world_pass(w, 30000);
    story_expect_nothing(w);
    return w;
}

static void behind_a_lost_commit_nothing_starts_until_one_sent_after_its_time_is_accepted(void **state)
{
    (void)state;
    struct world *w = world_with_a_lost_commit();
    world_pass(w, WORLD_COMMIT_MS - 31000 - 1);
    assert_non_null(strstr(w->log.partitions[0].metadata, "reach=8003 "));
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "commit 0/1 reach=13102 receipts=0");
    story_commit(w);
    story_expect(w, "find ben");
    world_go(w);
    story_end(w);
}

static void the_answer_to_one_sent_before_that_is_not_enough(void **state)
{
    (void)state;
    struct world *w = world_with_a_lost_commit();
    story_answers(w, 1);
    story_acknowledge(w);
    world_pass(w, WORLD_COMMIT_MS - 31000);
    assert_int_equal(w->commit_count, 1);
    assert_int_equal(w->commits[0].offset, 3003); /* not beyond the gap */
    story_skip(w);
    story_commit(w);
    story_expect(w, "commit 0/3003 reach=13102 receipts=2");
    story_commit(w);
    story_expect(w, "find ben");
    world_go(w);
    story_end(w);
}

/* The partition was lost and is ours again; then comes the answer to a commit of before. */
static void a_word_about_a_commit_of_an_earlier_assignment_means_nothing(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_publish(w, "ann", "e1");
    story_feed(w);
    assert_int_equal(w->commit_count, 1);
    world_lose(w, 0, 0);
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_feed(w);
    assert_int_equal(w->commit_count, 2);
    story_skip(w);
    world_committed(w, 0, false, true);
    story_expect_nothing(w);
    story_commit(w);
    world_go_for(w, 60000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behind_a_lost_commit_nothing_starts_until_one_sent_after_its_time_is_accepted),
        cmocka_unit_test(the_answer_to_one_sent_before_that_is_not_enough),
        cmocka_unit_test(a_word_about_a_commit_of_an_earlier_assignment_means_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
