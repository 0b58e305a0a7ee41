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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_something_is_under_way_a_commit_every_three_seconds_keeps_the_lease),
        cmocka_unit_test(an_idle_worker_asks_first),
        cmocka_unit_test(who_was_frozen_posts_nothing_before_a_commit_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
