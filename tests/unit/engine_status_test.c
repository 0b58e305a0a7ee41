/* What the watchdog says of a partition that gets nowhere. */
#include "engine/story.h"

static void expect_because(const struct world *world, int64_t settled, size_t unsettled, const char *because)
{
    struct partition_status status;
    assert_true(engine_status(world->workers[0].engine, 0, &status));
    assert_int_equal(status.settled, settled);
    assert_int_equal(status.unsettled, unsettled);
    assert_string_equal(status.because, because);
}

static void every_step_of_a_delivery_has_its_reason(void **state)
{
    (void)state;
    struct world *world = story_begin(NULL);
    expect_because(world, 0, 0, "no record comes from Kafka");
    story_publish(world, "ann", "e1");
    story_feed(world);
    expect_because(world, 0, 1, "no commit was accepted that lets it begin: is Kafka well?");
    story_commit(world);
    expect_because(world, 0, 1, "Papercups is asked");
    story_answer(world, FATE_NOT_SENT);
    expect_because(world, 0, 1, "Papercups does not take it: see event=trouble");
    world_pass(world, 1000);
    story_answers(world, 2); /* find, create */
    story_answer(world, FATE_LOST);
    expect_because(world, 0, 1,
                   "it may be shown already, and Papercups cannot be read, or may still be at it");
    story_begin_again(world);
    world_go_for(world, WORLD_HTTP_MS + WORLD_SETTLE_MS + 5000);
    expect_because(world, 1, 0, "no record comes from Kafka");
    story_end(world);
}

static void an_account_that_is_held_is_the_reason(void **state)
{
    (void)state;
    struct world *world = story_begin(NULL);
    story_arrive(world, "ann", "e1");
    story_answer(world, FATE_UNAUTHORIZED);
    world_pass(world, 1000);
    expect_because(world, 0, 1, "a call was refused, and /api/v1/me is asked whether all are");
    story_answer(world, FATE_UNAUTHORIZED);
    expect_because(world, 0, 1, "its account is held: see event=account");
    story_end(world);
}

/* One event waits for its time, or is asked about; whichever it is, what it waits for is that Papercups comes back. */
static void a_circuit_that_is_open_is_the_reason(void **state)
{
    (void)state;
    static const char because[] =
        "Papercups fails every call, so one at a time goes out until one succeeds: see event=trouble";
    struct world *world = story_begin(NULL);
    story_arrive(world, "ann", "e1");
    for (int i = 0; i < 5; i++) {
        story_answer(world, FATE_NOT_SENT);
        while (i < 4 && world->request_count == 0)
            world_pass(world, 100);
    }
    expect_because(world, 0, 1, because);
    while (world->request_count == 0) {
        expect_because(world, 0, 1, because);
        world_pass(world, 100);
    }
    expect_because(world, 0, 1, because);
    story_answer(world, FATE_DONE);
    expect_because(world, 0, 1, "Papercups is asked");
    story_end(world);
}

static void a_pause_that_papercups_asked_for_is_the_reason(void **state)
{
    (void)state;
    struct world *world = story_begin(NULL);
    story_arrive(world, "ann", "e1");
    story_answer(world, FATE_NOT_SENT);
    story_publish(world, "bob", "e2");
    story_feed(world);
    story_answer(world, FATE_BUSY);
    world_pass(world, 1000);
    expect_because(world, 0, 2, "Papercups has asked for a pause");
    story_end(world);
}

static void since_when_it_is_begun_and_since_when_it_is_read_is_told(void **state)
{
    (void)state;
    struct world_options options = world_options();
    struct world *world = world_new(&options);
    struct partition_status status;
    struct mono assigned = world->now.mono;
    world_assign(world, 0, 0);
    world_pass(world, 25000);
    assert_true(engine_status(world->workers[0].engine, 0, &status));
    assert_true(status.begins);
    assert_int_equal(status.since.ms, assigned.ms);
    world_go_for(world, 5000);
    assert_true(engine_status(world->workers[0].engine, 0, &status));
    assert_false(status.begins);
    assert_true(status.since.ms >= assigned.ms + 25000);
    story_end(world);
}

static void what_is_settled_behind_an_event_that_waits_is_progress(void **state)
{
    (void)state;
    struct world *world = story_begin(NULL);
    struct partition_status before, after;
    story_arrive(world, "ann", "e1");
    story_answer(world, FATE_NOT_SENT);
    assert_true(engine_status(world->workers[0].engine, 0, &before));
    story_arrive(world, "bob", "e2");
    assert_true(engine_status(world->workers[0].engine, 0, &after));
    assert_int_equal(after.progress, before.progress);
    story_answers(world, 3);
    story_acknowledge(world);
    assert_true(engine_status(world->workers[0].engine, 0, &after));
    assert_int_equal(after.settled, 0);
    assert_int_equal(after.unsettled, 1);
    assert_int_not_equal(after.progress, before.progress);
    story_end(world);
}

static void the_oldest_event_that_is_not_settled_is_told(void **state)
{
    (void)state;
    struct world *world = story_begin(NULL);
    struct wall admitted;
    assert_false(engine_oldest(world->workers[0].engine, &admitted));
    story_publish(world, "ann", "e1");
    int64_t first = world->now.wall.ms;
    world_pass(world, 7000);
    story_arrive(world, "bob", "e2");
    assert_true(engine_oldest(world->workers[0].engine, &admitted));
    assert_int_equal(admitted.ms, first);
    world_go_for(world, 60000);
    assert_false(engine_oldest(world->workers[0].engine, &admitted));
    story_end(world);
}

static void without_a_lease_that_is_the_reason(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.lease_ms = WORLD_LEASE_MS;
    struct world *world = story_begin(&options);
    story_arrive(world, "ann", "e1");
    world_pass(world, WORLD_LEASE_MS + 1000);
    expect_because(world, 0, 1,
                   "the group accepts no commit, so the partition may be another's: is Kafka well?");
    story_end(world);
}

static void kafka_that_acknowledges_nothing_is_the_reason(void **state)
{
    (void)state;
    struct world *world = story_begin(NULL);
    story_arrive(world, "ann", "e1");
    story_answers(world, 3);
    expect_because(world, 0, 1, "Kafka does not acknowledge its dead letter or receipt");
    world_revoke(world, 0, 0);
    expect_because(world, 0, 1, "it is being given up");
    story_end(world);
    world = story_begin(NULL);
    world_publish(world, &(struct publication){
                             .customer = "ann", .event_id = "e1", .forged = true}); /* of no account */
    story_feed(world);
    expect_because(world, 0, 1, "Kafka does not acknowledge its dead letter or receipt");
    story_end(world);
}

static void what_is_not_ours_has_none(void **state)
{
    (void)state;
    struct world_options options = world_options();
    struct world *world = world_new(&options);
    struct partition_status status;
    assert_false(engine_status(world->workers[0].engine, 0, &status));
    assert_false(engine_status(world->workers[0].engine, 1, &status));
    world_assign(world, 0, 0);
    expect_because(world, 0, 0, "its receipts are being read");
    story_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_of_a_delivery_has_its_reason),
        cmocka_unit_test(an_account_that_is_held_is_the_reason),
        cmocka_unit_test(a_circuit_that_is_open_is_the_reason),
        cmocka_unit_test(a_pause_that_papercups_asked_for_is_the_reason),
        cmocka_unit_test(since_when_it_is_begun_and_since_when_it_is_read_is_told),
        cmocka_unit_test(what_is_settled_behind_an_event_that_waits_is_progress),
        cmocka_unit_test(the_oldest_event_that_is_not_settled_is_told),
        cmocka_unit_test(without_a_lease_that_is_the_reason),
        cmocka_unit_test(kafka_that_acknowledges_nothing_is_the_reason),
        cmocka_unit_test(what_is_not_ours_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
