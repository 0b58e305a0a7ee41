/* Two workers of one name in the group (group.instance.id): the second has the partitions at once, and the first goes on until
 * it is told. A is worker 0, B has taken its name, C is another. */
#include "engine/story.h"

#define SECOND_MS 1000

/* A has delivered e0 to ann in partition 0, and its lease has just been renewed. */
static struct world *world_of_a(void)
{
    struct world_options options = world_options();
    options.worker_count = 3;
    options.lease_ms = WORLD_LEASE_MS;
    options.named = true;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e0");
    world_go_for(w, 2 * SECOND_MS);
    assert_int_equal(w->log.partitions[0].committed, 1);
    return w;
}

static void b_joins(struct world *w)
{
    w->workers[1].name = w->workers[0].name;
    world_crash(w, 1);
    story_skip(w);
    world_oust(w, 0, 1);
    story_expect(w, "B namesake 0");
}

/* A reads what comes to ann now, and finds out where to post it. */
static void a_begins(struct world *w, const char *event_id)
{
    story_publish(w, "ann", event_id);
    assert_true(world_feed(w, 0, 0));
    while (w->request_count == 1 && !fake_request_posts(&w->requests[0].what))
        story_answer(w, FATE_DONE);
    assert_int_equal(w->request_count, 1);
}

static void a_ends(struct world *w)
{
    w->workers[0].name = 4;
    world_crash(w, 0);
}

static unsigned shown_in_the_end(struct world *w, const char *event_id)
{
    world_go_for(w, 5 * 60 * SECOND_MS);
    assert_int_equal(world_owner(w, 0), 1);
    return fake_papercups_shown(&w->papercups, "ann", event_id);
}

/* A's last post leaves at the end of its lease, and takes as long as a request may. */
static void what_the_first_posts_after_the_second_has_joined_is_read_back(void **state)
{
    (void)state;
    struct world *w = world_of_a();
    b_joins(w);
    world_pass(w, WORLD_LEASE_MS - 5 * SECOND_MS);
    a_begins(w, "e1");
    world_late(w, &w->requests[0], WORLD_HTTP_MS - 1);
    story_answer(w, FATE_LOST);
    a_ends(w);
    world_forget(w);
    assert_int_equal(shown_in_the_end(w, "e1"), 1);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_DELIVERED);
    story_end(w);
}

/* What the receipts say of e1 must be known before e2 is looked at, which was shown behind it. */
static void what_the_first_tells_after_the_second_has_joined_counts(void **state)
{
    (void)state;
    struct world *w = world_of_a();
    b_joins(w);
    a_begins(w, "e1");
    story_answer(w, FATE_REFUSED);
    story_acknowledge(w); /* the dead letter, the receipt */
    story_acknowledge(w);
    a_begins(w, "e2");
    story_answer(w, FATE_DONE);
    a_ends(w);
    world_forget(w);
    assert_int_equal(shown_in_the_end(w, "e2"), 1);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 0);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_REFUSED_BY_PAPERCUPS);
    story_end(w);
}

/* Else a third would have it while A goes on, and know nothing of that. */
static void the_second_gives_nothing_back_while_the_first_may_go_on(void **state)
{
    (void)state;
    struct world *w = world_of_a();
    b_joins(w);
    world_revoke(w, 1, 0);
    world_go_for(w, WORLD_LEASE_MS - 1);
    assert_true(w->workers[1].shares[0].held);
    a_ends(w);
    world_go_for(w, 1);
    assert_false(w->workers[1].shares[0].held);
    world_assign(w, 2, 0);
    assert_true(w->workers[2].shares[0].reading);
    story_end(w);
}

static void nobody_waits_for_who_ended_in_order_or_for_oneself_or_for_another_name(void **state)
{
    (void)state;
    struct world *w = world_of_a();
    world_crash(w, 0);
    world_assign(w, 0, 0);
    assert_true(w->workers[0].shares[0].reading);
    world_go_for(w, 2 * SECOND_MS);
    world_crash(w, 0);
    world_assign(w, 2, 0);
    assert_true(w->workers[2].shares[0].reading);
    world_go_for(w, 2 * SECOND_MS);
    world_revoke(w, 2, 0);
    world_go_for(w, 2 * SECOND_MS);
    w->workers[1].name = w->workers[2].name;
    world_crash(w, 1);
    world_assign(w, 1, 0);
    assert_true(w->workers[1].shares[0].reading);
    story_end(w);
}

/* An owner before has left a reach, and the lease is there by another partition's commit: whoever takes A's place must find
 * A's name all the same. */
static void nothing_starts_in_a_partition_before_a_commit_of_it_names_the_worker(void **state)
{
    (void)state;
    static const char *const customers[] = {"ann", "ben"}; /* one in each */
    struct world_options options = world_options();
    options.partition_count = 2;
    options.worker_count = 2;
    options.lease_ms = WORLD_LEASE_MS;
    options.named = true;
    struct world *w = world_new(&options);
    for (int32_t i = 0; i < 2; i++)
        world_assign(w, 1, i);
    world_go(w);
    for (int i = 0; i < 2; i++)
        story_publish(w, customers[i], "e0");
    world_go_for(w, 2 * SECOND_MS);
    world_crash(w, 1);
    for (int32_t i = 0; i < 2; i++) {
        world_assign(w, 0, i);
        world_rebuild(w, 0, i);
    }
    for (int i = 0; i < 2; i++)
        story_publish(w, customers[i], "e1");
    story_feed(w);
    assert_int_equal(w->request_count, 0);
    assert_int_equal(w->commit_count, 2);
    int32_t first = w->commits[0].partition;
    world_committed(w, 0, true, true);
    assert_true(w->request_count == 1 && w->requests[0].partition == first);
    world_committed(w, 0, true, true);
    assert_int_equal(w->request_count, 2);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_first_posts_after_the_second_has_joined_is_read_back),
        cmocka_unit_test(what_the_first_tells_after_the_second_has_joined_counts),
        cmocka_unit_test(the_second_gives_nothing_back_while_the_first_may_go_on),
        cmocka_unit_test(nobody_waits_for_who_ended_in_order_or_for_oneself_or_for_another_name),
        cmocka_unit_test(nothing_starts_in_a_partition_before_a_commit_of_it_names_the_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
