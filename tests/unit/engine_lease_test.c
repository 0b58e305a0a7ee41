#include "engine/story.h"

#include "engine/world_take.h"

/* A worker that was stopped for longer than the session timeout does not know it: its partitions may be somebody else's.
 * It acts only as long as a commit that was accepted is young. */

static struct world *world_with_a_lease(void)
{
    struct world_options options = world_options();
    options.lease_ms = WORLD_LEASE_MS;
    return story_begin(&options);
}

static void freeze_and_thaw(struct world *w, int64_t ms)
{
    world_freeze(w, 0);
    world_pass(w, ms);
    world_thaw(w, 0);
    story_skip(w);
    world_tick(w, 0);
}

static void while_something_is_under_way_a_commit_every_three_seconds_keeps_the_lease(void **state)
{
    (void)state;
    struct world *w = world_with_a_lease();
    story_arrive(w, "ann", "e1");
    story_skip(w);
    world_pass(w, 2999);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    world_go_for(w, 60000);
    story_skip(w);
    world_pass(w, 60000);
    story_expect_nothing(w); /* nothing is under way: nobody needs one */
    story_end(w);
}

static void an_idle_worker_asks_first(void **state)
{
    (void)state;
    struct world *w = world_with_a_lease();
    story_arrive(w, "ann", "e1");
    world_go_for(w, 60000);
    story_skip(w);
    story_publish(w, "ann", "e2");
    story_feed(w);
    story_expect(w, "commit 0/1 reach=5001 receipts=1");
    story_commit(w);
    story_expect(w, "find ann");
    world_go(w);
    story_end(w);
}

static void who_was_frozen_posts_nothing_before_a_commit_is_accepted(void **state)
{
    (void)state;
    struct world *w = world_with_a_lease();
    story_arrive(w, "ann", "e1");
    story_answers(w, 1);
    freeze_and_thaw(w, WORLD_LEASE_MS);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_answer(w, FATE_DONE); /* the customer is made; the post would come next */
    world_pass(w, 2000);
    story_expect_nothing(w);
    story_commit(w);
    world_pass(w, 30000);
    world_go_for(w, 30000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

/* Its post was decided on, and it was frozen before that left: whether it leaves is asked once more then. */
static unsigned shown_when_frozen_before_the_post_left(int64_t ms)
{
    struct world *w = world_with_a_lease();
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    assert_true(w->request_count == 1 && fake_request_posts(&w->requests[0].what));
    world_freeze(w, 0);
    world_unwritten(w, 0);
    world_pass(w, ms);
    world_thaw(w, 0);
    world_tick(w, 0);
    story_answer(w, FATE_DONE);
    unsigned shown = fake_papercups_shown(&w->papercups, "ann", "e1");
    world_go_for(w, 60000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
    return shown;
}

static void a_post_leaves_a_worker_that_was_frozen_only_within_its_lease(void **state)
{
    (void)state;
    assert_int_equal(shown_when_frozen_before_the_post_left(WORLD_LEASE_MS - 1), 1);
    assert_int_equal(shown_when_frozen_before_the_post_left(WORLD_LEASE_MS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_something_is_under_way_a_commit_every_three_seconds_keeps_the_lease),
        cmocka_unit_test(an_idle_worker_asks_first),
        cmocka_unit_test(who_was_frozen_posts_nothing_before_a_commit_is_accepted),
        cmocka_unit_test(a_post_leaves_a_worker_that_was_frozen_only_within_its_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
