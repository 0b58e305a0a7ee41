#include "engine/story.h"

#include "engine/world_take.h"

/* How long an event may be tried is counted on the broker's clock, which what this worker writes tells; by the worker's own
 * nothing is given up. */

#define HOUR_MS (3600 * 1000)

static void publish_for(struct world *w, const char *customer, const char *event_id, int64_t within_s)
{
    world_publish(w, &(struct publication){
                         .customer = customer, .event_id = event_id, .deliver_within_s = within_s});
}

static size_t letters(const struct world *w)
{
    return w->log.partitions[0].dead_count;
}

/* What was there before the first worker had the partition, `ms` ago, and that worker's clock is so far ahead. Nothing is
 * known of the broker's. */
static struct world *begin_late(const struct world_options *options, const char *const *events, int64_t ms,
                                int64_t ahead_ms)
{
    struct world *w = world_new(options);
    for (; *events != NULL; events++)
        publish_for(w, *events, *events, 60);
    world_advance(w, mono_after(w->now.mono, ms));
    w->workers[0].wall_ms = ahead_ms;
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    while (world_feed(w, 0, 0))
        ;
    return w;
}

static void what_is_published_under_a_worker_whose_clock_is_ahead_is_delivered_without_asking(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    w->workers[0].wall_ms = 2 * HOUR_MS;
    publish_for(w, "ann", "e1", 60);
    world_go(w);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_DELIVERED);
    assert_int_equal(letters(w), 0);
    story_end(w);
}

static void what_was_there_before_is_delivered_when_the_broker_has_said_that_it_is_young(void **state)
{
    (void)state;
    static const char *const events[] = {"e1", "e2", "e3", NULL};
    const struct world_options options = world_options();
    struct world *w = begin_late(&options, events, 1000, 2 * HOUR_MS);
    story_commit(w);
    assert_int_equal(w->request_count, 0); /* nothing is posted before that */
    assert_int_equal(w->produce_count, 1); /* one asks for all */
    world_go_for(w, 2000);
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], i), OUTCOME_DELIVERED);
    assert_int_equal(letters(w), 1);
    story_end(w);
}

static void what_is_old_is_given_up_when_the_broker_has_said_so_with_the_letter_that_has_asked(void **state)
{
    (void)state;
    static const char *const events[] = {"e1", "e2", NULL};
    const struct world_options options = world_options();
    struct world *w = begin_late(&options, events, 61000, 0);
    story_commit(w);
    assert_int_equal(w->request_count, 0);
    world_go_for(w, 2000);
    for (int64_t i = 0; i < 2; i++)
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], i), OUTCOME_GAVE_UP);
    assert_int_equal(letters(w), 2);
    assert_int_equal(w->papercups.message_count, 0);
    story_end(w);
}

/* It cannot be posted, and its time is over the sooner, the older it is: that is known only when another's receipt is
 * acknowledged. The worker's clock, which is behind, does not say so. */
static void what_waits_for_a_held_account_is_given_up_when_it_is_known_that_its_time_is_over(void **state)
{
    (void)state;
    struct world_options options = world_options();
    struct world *w = world_new(&options);
    publish_for(w, "ann", "e1", 60);
    world_advance(w, mono_after(w->now.mono, 50 * 1000));
    w->workers[0].wall_ms = -HOUR_MS;
    world_assign(w, 0, 0);
    world_rebuild(w, 0, 0);
    story_feed(w);
    story_commit(w);
    world_answer(w, 0, FATE_UNAUTHORIZED);
    world_refuse(w, WORLD_ACCOUNT);
    world_pass(w, 2000); /* it would try again now, and waits for the account */
    world_publish(w, &(struct publication){
                         .account = WORLD_ACCOUNT_2, .customer = "ben", .event_id = "e2", .deliver_within_s = 60});
    world_go(w);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_DELIVERED);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_NONE);
    world_go_for(w, 8 * 1000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_GAVE_UP);
    story_end(w);
}

/* Its receipts and dead letters have their producers' stamps. */
static void where_the_broker_says_nothing_one_letter_has_asked_in_vain_and_all_are_delivered(void **state)
{
    (void)state;
    static const char *const events[] = {"e1", "e2", "e3", NULL};
    struct world_options options = world_options();
    options.receipts_by_producer = options.dead_by_producer = true;
    struct world *w = begin_late(&options, events, 1000, 2 * HOUR_MS);
    world_go_for(w, 2000);
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], i), OUTCOME_DELIVERED);
    assert_int_equal(letters(w), 1);
    story_end(w);
}

static void there_too_it_is_given_up_when_so_much_time_has_passed_since_it_was_read(void **state)
{
    (void)state;
    static const char *const events[] = {"e1", NULL};
    struct world_options options = world_options();
    options.receipts_by_producer = options.dead_by_producer = true;
    struct world *w = begin_late(&options, events, 1000, 2 * HOUR_MS);
    world_refuse(w, WORLD_ACCOUNT);
    world_go_for(w, 59 * 1000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_NONE);
    world_go_for(w, 1000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_GAVE_UP);
    story_end(w);
}

static void a_letter_that_could_not_be_written_asks_again(void **state)
{
    (void)state;
    static const char *const events[] = {"e1", NULL};
    const struct world_options options = world_options();
    struct world *w = begin_late(&options, events, 1000, 2 * HOUR_MS);
    story_commit(w);
    world_acknowledge(w, 0, PRODUCED_FAILED);
    world_go_for(w, 60 * 1000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_DELIVERED);
    assert_int_equal(letters(w), 1);
    story_end(w);
}

/* Nothing of it is there any more when the answer comes; the next one asks anew. */
static void a_partition_may_be_lost_or_given_up_while_it_asks(void **state)
{
    (void)state;
    static const char *const events[] = {"e1", NULL};
    for (int i = 0; i < 2; i++) {
        const struct world_options options = world_options();
        struct world *w = begin_late(&options, events, 1000, 2 * HOUR_MS);
        story_commit(w);
        assert_int_equal(w->produce_count, 1);
        if (i == 0)
            world_lose(w, 0, 0);
        else
            world_revoke(w, 0, 0);
        world_go_for(w, 2000);
        assert_int_equal(w->papercups.message_count, 0);
        world_assign(w, 0, 0);
        world_go_for(w, 60 * 1000);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_DELIVERED);
        story_end(w);
    }
}

/* Steps of its own clock, forth and back, change nothing once the broker's is known. */
static void a_clock_that_is_set_meanwhile_moves_no_deadline(void **state)
{
    (void)state;
    static const int64_t set_ms[] = {-30 * HOUR_MS, 30 * HOUR_MS};
    for (size_t i = 0; i < 2; i++) {
        struct world *w = story_begin(NULL);
        story_arrive(w, "ann", "e1");
        world_go(w);
        world_refuse(w, WORLD_ACCOUNT);
        publish_for(w, "ben", "e2", 60);
        world_go_for(w, 20 * 1000);
        w->workers[0].wall_ms = set_ms[i];
        world_go_for(w, 39 * 1000);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_NONE);
        world_go_for(w, 2 * 1000);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_GAVE_UP);
        story_end(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_published_under_a_worker_whose_clock_is_ahead_is_delivered_without_asking),
        cmocka_unit_test(what_was_there_before_is_delivered_when_the_broker_has_said_that_it_is_young),
        cmocka_unit_test(what_is_old_is_given_up_when_the_broker_has_said_so_with_the_letter_that_has_asked),
        cmocka_unit_test(what_waits_for_a_held_account_is_given_up_when_it_is_known_that_its_time_is_over),
        cmocka_unit_test(where_the_broker_says_nothing_one_letter_has_asked_in_vain_and_all_are_delivered),
        cmocka_unit_test(there_too_it_is_given_up_when_so_much_time_has_passed_since_it_was_read),
        cmocka_unit_test(a_letter_that_could_not_be_written_asks_again),
        cmocka_unit_test(a_partition_may_be_lost_or_given_up_while_it_asks),
        cmocka_unit_test(a_clock_that_is_set_meanwhile_moves_no_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
