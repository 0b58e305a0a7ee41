/* Words that come too late, or too often: what they speak of is gone, and nothing happens. And what comes late to an
 * event: its deadline while it waits for a place, five refusals that look like accidents. */
#include "engine/story.h"

#include "engine/world_take.h"

static void words_about_what_is_gone_change_nothing(void **state)
{
    (void)state;
    const struct reply reply = {.status = 200, .is_json = true, .body = SPAN("{}")};
    const struct record receipt = {.value = SPAN("{}")};
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_skip(w);
    world_take(w, 0, &(struct input){.type = INPUT_ANSWERED, .handle = 1u << 30, .reply = &reply});
    world_take(w, 0, &(struct input){.type = INPUT_PRODUCED, .handle = 1u << 30});
    world_take(w, 0, &(struct input){.type = INPUT_REBUILT, .offset = 7});
    world_take(w, 0, &(struct input){.type = INPUT_RECEIPT, .record = &receipt});
    story_expect_nothing(w);
    world_lose(w, 0, 0);
    story_skip(w);
    world_take(w, 0, &(struct input){.type = INPUT_COMMITTED, .offset = 0, .ok = true});
    world_take(w, 0, &(struct input){.type = INPUT_REBUILT, .offset = 7});
    story_answer(w, FATE_DONE);
    story_expect_nothing(w);
    assert_int_equal(engine_unsettled(w->workers[0].engine), 0);
    assert_int_equal(engine_requests(w->workers[0].engine), 0);
    story_end(w);
}

static void a_partition_that_comes_after_the_stop_is_not_begun(void **state)
{
    (void)state;
    const struct world_options options = world_options();
    struct world *w = world_new(&options);
    world_stop(w, 0);
    story_expect(w, "stopped");
    world_take(w, 0, &(struct input){.type = INPUT_ASSIGNED, .end = 3});
    story_expect_nothing(w);
    story_end(w);
}

static void an_account_that_begins_held_is_asked_with_the_first_input(void **state)
{
    (void)state;
    const struct account_options account = {
        .name = "acme", .widget_host = "h", .max_in_flight = 1, .held = true};
    const struct engine_options options = {.events_topic = "events",
                                           .receipts_topic = "receipts",
                                           .dead_topic = "dead",
                                           .partition_count = 1,
                                           .memory_bytes = 1 << 20,
                                           .accounts = &account,
                                           .account_count = 1};
    struct key mark;
    struct effects effects;
    assert_int_equal(key_read(SPAN("whmk_QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="), &mark, NULL), 0);
    struct engine *engine =
        engine_new(&options, keyring_read(SPAN("{\"keys\":[]}"), options.hash_key, NULL), mark, NULL);
    engine_take(engine, &(struct input){.type = INPUT_TICK, .now = {{5}, {5}}}, &effects);
    assert_int_equal(effects.count, 1);
    assert_int_equal(effects.list[0].type, EFFECT_REQUEST);
    assert_string_equal(effects.list[0].path.data, "/api/v1/me");
    engine_free(engine);
    engine_free(NULL);
}

/* One that failed may come again; where that one is late itself, it is expired like any other, and nobody is asked. */
static void a_repetition_of_a_failed_event_that_is_expired_is_refused_at_once(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_answer(w, FATE_REFUSED);
    world_go_for(w, 1000000);
    int64_t late_s = w->now.wall.ms / 1000 - 100;
    world_publish(w, &(struct publication){.customer = "ann", .event_id = "e1", .signed_at_s = late_s});
    story_skip(w);
    story_feed(w);
    story_expect(w, "dead letter 0/1 expired");
    story_end(w);
}

/* 500 for what is never taken: each readback proves it absent, and other messages go through. */
static void five_errors_that_store_nothing_are_a_refusal_while_others_are_taken(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    int errors = 0;
    for (int i = 0; i < 2000 && fake_log_receipts(&w->log.partitions[0], 0) == 0; i++) {
        char event_id[16];
        snprintf(event_id, sizeof(event_id), "other%d", i);
        if (i % 50 == 0)
            story_arrive(w, "ben", event_id);
        for (size_t at = w->request_count; at > 0; at--) {
            bool refused = fake_request_posts(&w->requests[at - 1].what) &&
                           strcmp(w->requests[at - 1].what.event, "e1") == 0;
            errors += refused;
            world_answer(w, at - 1, refused ? FATE_ERROR : FATE_DONE);
        }
        while (w->produce_count > 0)
            story_acknowledge(w);
        while (w->commit_count > 0)
            story_commit(w);
        world_pass(w, 1000);
        story_skip(w);
    }
    assert_int_equal(errors, 5);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_REFUSED_BY_PAPERCUPS);
    story_end(w);
}

/* The account's key goes on being refused. */
static void pass_refused(struct world *w, int minutes)
{
    for (int i = 0; i < 6 * minutes; i++) {
        world_pass(w, 10000);
        while (w->request_count > 0)
            story_answer(w, FATE_UNAUTHORIZED);
    }
}

/* It may have been shown: past its deadline it gets an hour in which it would be asked for, and ends as unknown after that,
 * or its partition's commit would stand still for as long as nobody fixes the key. */
static void an_event_that_waits_for_a_held_account_beyond_its_time_ends_as_unknown(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_answer(w, FATE_LOST);
    world_pass(w, 60000);
    story_answer(w, FATE_UNAUTHORIZED);
    pass_refused(w, 118);
    assert_int_equal(w->produce_count, 0);
    pass_refused(w, 2);
    assert_int_equal(w->produce_count, 1);
    story_skip(w);
    story_acknowledge(w);
    story_expect(w, "receipt 0/0 unknown");
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_about_what_is_gone_change_nothing),
        cmocka_unit_test(a_partition_that_comes_after_the_stop_is_not_begun),
        cmocka_unit_test(an_account_that_begins_held_is_asked_with_the_first_input),
        cmocka_unit_test(a_repetition_of_a_failed_event_that_is_expired_is_refused_at_once),
        cmocka_unit_test(an_event_that_waits_for_a_held_account_beyond_its_time_ends_as_unknown),
        cmocka_unit_test(five_errors_that_store_nothing_are_a_refusal_while_others_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
