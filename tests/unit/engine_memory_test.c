#include "engine/story.h"

#include <stdio.h>

#include "engine/internal.h"
#include "progress/offsets.h"

static bool has_room(struct world *w)
{
    return engine_has_room(w->workers[0].engine);
}

static void a_full_memory_takes_no_record_until_there_is_room(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.memory_bytes = 1;
    struct world *w = story_begin(&options);
    story_publish(w, "ann", "e1");
    story_publish(w, "ben", "e2");
    assert_true(has_room(w));
    story_feed(w); /* e1 only: then it is full */
    assert_false(has_room(w));
    assert_int_equal(engine_paused(w->workers[0].engine), 1);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    world_pass(w, 60000);
    story_skip(w);
    assert_false(has_room(w));
    story_commit(w);
    story_answers(w, 3);
    story_acknowledge(w);
    assert_true(has_room(w));
    assert_int_equal(engine_paused(w->workers[0].engine), 0);
    story_end(w);
}

/* By which it is decided whose record is taken next, once there is not room for all. */
static void what_a_partition_holds_is_its_own_events_until_they_are_settled(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.partition_count = 2;
    options.memory_bytes = 4000; /* more than half is one event */
    struct world *w = story_begin(&options);
    const struct engine *engine = w->workers[0].engine;
    world_assign(w, 0, 1);
    world_go(w);
    assert_int_equal(engine_held(engine, 0) + engine_held(engine, 1), 0);
    story_arrive(w, "ann", "e1");
    int32_t owner = engine_held(engine, 0) > 0 ? 0 : 1;
    size_t one = engine_held(engine, owner);
    assert_int_equal(one, engine->memory_used);
    assert_int_equal(engine_held(engine, 1 - owner), 0);
    story_arrive(w, "ann", "e2");
    assert_in_range(engine_held(engine, owner), one + 1, 2 * one + 100);
    assert_int_equal(engine_held(engine, owner), engine->memory_used);
    world_go_for(w, 5000);
    assert_int_equal(engine_held(engine, owner), 0);
    story_end(w);
}

/* What waits for its receipt would leave little room for what is still to be delivered. */
static void an_event_that_needs_no_dead_letter_gives_back_its_bytes_before_its_receipt_is_acknowledged(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    const struct engine *engine = w->workers[0].engine;
    story_arrive(w, "ann", "e1");
    size_t waiting = engine->memory_used, value = w->log.partitions[0].events[0]->value.size;
    size_t message = message_size(&TAILQ_FIRST(&engine->partitions[0]->jobs)->message);
    story_answers(w, 3);
    assert_int_equal(waiting - engine->memory_used, value + message); /* as it was read, and as it was to be posted */
    story_acknowledge(w);
    assert_int_equal(engine->memory_used, 0);
    story_end(w);
}

/* A world with 40 events for one customer, of which the memory holds some. */
static struct world *world_with_a_full_memory(void)
{
    struct world_options options = world_options();
    options.memory_bytes = 20000;
    struct world *w = story_begin(&options);
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof(name), "e%d", i);
        story_publish(w, "ann", name);
    }
    story_feed(w);
    assert_in_range(engine_unsettled(w->workers[0].engine), 5, 30);
    assert_false(has_room(w));
    return w;
}

static void nothing_is_dropped_to_make_room(void **state)
{
    (void)state;
    struct world *w = world_with_a_full_memory();
    world_go(w);
    assert_int_equal(w->papercups.message_count, 40);
    assert_int_equal(engine_unsettled(w->workers[0].engine), 0);
    story_end(w);
}

/* Of which so much is read beyond the first that is not settled that it pauses. */
static void story_pause(struct world *w)
{
    story_arrive(w, "ann", "e1");
    w->log.partitions[0].end = OFFSETS_SPAN_MAX - 1;
    story_publish(w, "ben", "e2");
    story_publish(w, "cid", "e3");
    story_skip(w);
    story_feed(w);
    story_expect(w, "commit 0/0 reach=1005000 receipts=0; pause 0");
}

/* librdkafka keeps a pause when the partition is given back, and when it comes again. */
static void a_partition_that_was_paused_when_it_was_taken_is_read_when_it_comes_again(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_pause(w);
    assert_int_equal(engine_paused(w->workers[0].engine), 1);
    world_lose(w, 0, 0);
    assert_int_equal(engine_paused(w->workers[0].engine), 0);
    world_assign(w, 0, 0);
    world_go_for(w, 60000); /* beyond http_timeout and settle_time: what was under way is in doubt */
    assert_int_equal(w->papercups.message_count, 3);
    assert_int_equal(engine_unsettled(w->workers[0].engine), 0);
    story_end(w);
}

/* ---- an account's share ---- */

/* A world in which the first account's share is full of e1, which waits. */
static struct world *world_with_a_full_account(void)
{
    struct world_options options = world_options();
    options.account_memory_bytes = 5700;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e1");
    story_expect(w, "commit 0/0 reach=5001 receipts=0; find ann");
    return w;
}

static void an_event_for_which_its_account_has_no_room_fails_and_another_account_goes_on(void **state)
{
    (void)state;
    struct world *w = world_with_a_full_account();
    story_publish(w, "ben", "e2");
    world_publish(w, &(struct publication){.account = "beta", .customer = "ann", .event_id = "e3"});
    story_feed(w);
    story_expect(w, "dead letter 0/1 backlog; find ann");
    story_acknowledge(w);
    story_expect(w, "receipt 0/1 backlog");
    story_answers(w, 6);
    world_go_for(w, 1000);
    assert_int_equal(w->log.partitions[0].committed, 3);
    /* There is room again, and the same bytes are as good as new: nobody has tried them. */
    world_repeat(w, w->log.partitions[0].events[1]);
    world_go_for(w, 1000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 3), OUTCOME_DELIVERED);
    story_end(w);
}

static void an_event_in_doubt_is_read_back_though_its_account_has_no_room(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.account_memory_bytes = 1;
    struct world *w = story_begin_in_doubt(&options);
    world_go(w);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_DELIVERED);
    story_end(w);
}

static void a_repetition_without_room_does_not_make_a_duplicate_of_the_event_that_waits(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.account_memory_bytes = 6700; /* room for two */
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ann", "e2");
    world_pass(w, 1000);
    story_arrive(w, "ann", "e2");
    world_go_for(w, 1000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_DELIVERED);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 2), OUTCOME_BACKLOG);
    story_end(w);
}

/* Of what an idle worker reads nothing may be decided before a commit is accepted; what has no room by then fails. */
static void what_comes_before_there_is_a_lease_finds_no_room_when_there_is_one(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.lease_ms = WORLD_LEASE_MS;
    options.account_memory_bytes = 5700;
    struct world *w = story_begin(&options);
    story_publish(w, "ann", "e1");
    story_publish(w, "bob", "e2");
    story_publish(w, "cid", "e3");
    story_feed(w);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    story_commit(w);
    story_expect(w, "find ann; dead letter 0/1 backlog; dead letter 0/2 backlog");
    story_end(w);
}

/* After a crash the one without room would be tried again, and its successor must not have been shown before it. */
static void the_successor_of_an_event_without_room_starts_when_that_ones_receipt_is_acknowledged(void **state)
{
    (void)state;
    struct world *w = world_with_a_full_account();
    story_arrive(w, "ann", "e2");
    story_expect(w, "dead letter 0/1 backlog");
    story_answers(w, 3);
    world_acknowledge(w, 1, PRODUCED_OK);
    story_arrive(w, "ann", "e3");
    story_skip(w);
    world_pass(w, 5000);
    story_acknowledge(w);
    story_expect(w, "commit 0/1 reach=5001 receipts=1; receipt 0/1 backlog");
    story_commit(w);
    story_acknowledge(w);
    story_expect(w, "settled 0/1 backlog; post v1 e3; commit 0/2 reach=5001 receipts=2");
    story_end(w);
}

static void so_much_between_the_offset_and_what_was_read_pauses(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_pause(w);
    story_answers(w, 3);
    story_acknowledge(w);
    story_expect(w, "create ann; open c1 e1; receipt 0/0 delivered; settled 0/0 delivered; resume 0");
    story_end(w);
}

static void offsets_that_hold_no_record_are_committed_over(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    w->log.partitions[0].end = 100;
    story_publish(w, "ann", "e1");
    w->log.partitions[0].end = 200;
    story_publish(w, "ann", "e2");
    world_go_for(w, 5000);
    assert_int_equal(w->log.partitions[0].committed, 201);
    story_end(w);
}

static void records_that_are_read_twice_are_ignored(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "ben", "e2");
    story_skip(w);
    w->workers[0].shares[0].position = 0;
    story_feed(w);
    story_expect_nothing(w);
    world_go_for(w, 5000);
    w->workers[0].shares[0].position = 1;
    story_skip(w);
    story_feed(w);
    story_expect_nothing(w);
    assert_int_equal(w->papercups.message_count, 2);
    assert_int_equal(w->log.partitions[0].receipt_count, 2);
    story_end(w);
}

/* Their queues are nobody's memory. */
static void customers_to_whom_nothing_was_sent_are_not_remembered(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.flood_limit = 20;
    struct world *w = story_begin(&options);
    for (int i = 0; i < WORLD_EVENTS_MAX; i++) {
        char customer[16], id[16];
        snprintf(customer, sizeof(customer), "c%d", i);
        snprintf(id, sizeof(id), "e%d", i);
        world_publish(w, &(struct publication){.customer = customer, .event_id = id, .deliver_within_s = 1});
    }
    world_pass(w, 2000); /* too late for all of them */
    world_go_for(w, 5000);
    const struct engine *engine = w->workers[0].engine;
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_GAVE_UP);
    assert_int_equal(engine_unsettled(engine), 0);
    assert_int_equal(engine->queues.by_key.count, 0);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_memory_takes_no_record_until_there_is_room),
        cmocka_unit_test(what_a_partition_holds_is_its_own_events_until_they_are_settled),
        cmocka_unit_test(an_event_that_needs_no_dead_letter_gives_back_its_bytes_before_its_receipt_is_acknowledged),
        cmocka_unit_test(nothing_is_dropped_to_make_room),
        cmocka_unit_test(a_partition_that_was_paused_when_it_was_taken_is_read_when_it_comes_again),
        cmocka_unit_test(an_event_for_which_its_account_has_no_room_fails_and_another_account_goes_on),
        cmocka_unit_test(an_event_in_doubt_is_read_back_though_its_account_has_no_room),
        cmocka_unit_test(a_repetition_without_room_does_not_make_a_duplicate_of_the_event_that_waits),
        cmocka_unit_test(what_comes_before_there_is_a_lease_finds_no_room_when_there_is_one),
        cmocka_unit_test(
            the_successor_of_an_event_without_room_starts_when_that_ones_receipt_is_acknowledged),
        cmocka_unit_test(so_much_between_the_offset_and_what_was_read_pauses),
        cmocka_unit_test(offsets_that_hold_no_record_are_committed_over),
        cmocka_unit_test(records_that_are_read_twice_are_ignored),
        cmocka_unit_test(customers_to_whom_nothing_was_sent_are_not_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
