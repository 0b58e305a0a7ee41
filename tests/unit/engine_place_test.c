/* Who waits for a place in its account: who comes first, and whether what it knows is still true then. */
#include "engine/story.h"

#define CALL_MS 2000
#define MANY    40

/* One call at a time. */
static struct world *place_begin(int64_t look_ms)
{
    struct world_options options = world_options();
    options.max_in_flight = 1;
    options.look_ms = look_ms;
    return story_begin(&options);
}

/* All but the requests goes well at once. */
static void go_on(struct world *w)
{
    while (w->commit_count > 0)
        story_commit(w);
    while (w->produce_count > 0)
        story_acknowledge(w);
}

static void pass(struct world *w, int64_t ms)
{
    for (int64_t step = 0; step < ms; step += 1000) {
        world_pass(w, 1000);
        go_on(w);
    }
}

/* An event to each of MANY customers, all there at once. */
static void publish_many(struct world *w, int first)
{
    for (int i = 0; i < MANY; i++) {
        char customer[8], event_id[8];
        snprintf(customer, sizeof(customer), "c%d", i);
        snprintf(event_id, sizeof(event_id), "e%d", first + i);
        story_publish(w, customer, event_id);
    }
    story_feed(w);
    go_on(w);
}

/* How many requests it takes until `messages` are there, each answered CALL_MS after the one before; more than `most` is
 * too many. */
static unsigned requests_until(struct world *w, unsigned messages, unsigned most)
{
    unsigned requests = 0;
    while (w->papercups.message_count < messages && requests < most) {
        pass(w, CALL_MS);
        story_answer(w, FATE_DONE);
        go_on(w);
        requests++;
    }
    assert_int_equal(w->papercups.message_count, messages);
    return requests;
}

/* All wait for longer than what was found out may be old. */
static void behind_a_backlog_an_event_costs_no_more_calls_than_alone(void **state)
{
    (void)state;
    struct world *w = place_begin(0);
    publish_many(w, 0);
    assert_int_equal(requests_until(w, MANY, 10 * MANY), 3 * MANY); /* find, create, open */
    publish_many(w, MANY);
    assert_in_range(requests_until(w, 2 * MANY, 10 * MANY), MANY, 3 * MANY); /* find, list, post */
    world_go(w);
    story_end(w);
}

/* ann has a conversation, which is known; ben's event is refused for the key, and hers waits behind it. */
static void what_is_known_when_an_account_is_held_is_found_out_anew_after_that(void **state)
{
    (void)state;
    struct world *w = place_begin(0);
    story_arrive(w, "ann", "e0");
    story_answers(w, 3);
    go_on(w);
    story_arrive(w, "ben", "e1");
    story_arrive(w, "ann", "e2");
    story_answer(w, FATE_UNAUTHORIZED);
    world_close(w, 1);
    for (int i = 0; i < 7; i++) {
        pass(w, 10000);
        story_answer(w, FATE_UNAUTHORIZED);
    }
    pass(w, 10000);
    story_skip(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "account acme open; find ann");
    story_answers(w, 3);
    story_expect(w, "list c1; open c1 e2; receipt 0/2 delivered; find ben");
    story_end(w);
}

static void who_has_begun_goes_on_before_who_waits(void **state)
{
    (void)state;
    struct world *w = place_begin(0);
    story_arrive(w, "ann", "e0");
    story_arrive(w, "ben", "e1");
    story_skip(w);
    story_answers(w, 3);
    story_expect(w, "create ann; open c1 e0; receipt 0/0 delivered; find ben");
    story_end(w);
}

/* Else one that fails again and again would keep all others waiting. */
static void but_not_again_when_it_failed(void **state)
{
    (void)state;
    struct world *w = place_begin(0);
    fake_papercups_plant(&w->papercups, WORLD_ACCOUNT, "ann", "e9", "v1:somebody");
    story_arrive(w, "ann", "e0");
    story_arrive(w, "ben", "e1");
    story_arrive(w, "cid", "e2");
    story_skip(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "list c1");
    story_answer(w, FATE_NOT_SENT);
    pass(w, 1000); /* she is ready again */
    story_skip(w);
    story_answers(w, 3);
    story_expect(w, "create ben; open c2 e1; receipt 0/1 delivered; find cid");
    story_answers(w, 3);
    story_expect(w, "create cid; open c3 e2; receipt 0/2 delivered; list c1");
    story_end(w);
}

/* A customer may have many conversations to look through. */
static void nor_when_it_reads_back(void **state)
{
    (void)state;
    struct world *w = place_begin(0);
    fake_papercups_plant(&w->papercups, WORLD_ACCOUNT, "ann", "e9", "v1:somebody");
    story_arrive(w, "ann", "e0");
    story_answers(w, 2);
    story_answer(w, FATE_ERROR);
    story_arrive(w, "ben", "e1");
    story_skip(w);
    story_answer(w, FATE_DONE); /* rows of ann */
    story_expect(w, "find ben");
    story_answers(w, 3);
    story_expect(w, "create ben; open c2 e1; receipt 0/1 delivered; read c1");
    story_end(w);
}

/* e1 came into v1 when an agent had closed it, and the look that will open it again is under way. e2 knew where to go when it
 * began to wait, and does not any more when there is a place: a new conversation would hide v1. */
static void who_has_to_find_it_out_anew_waits_for_the_look(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.max_in_flight = 2;
    options.look_ms = 3000;
    struct world *w = story_begin(&options);
    story_arrive(w, "ann", "e0");
    world_go_for(w, 28000);
    story_arrive(w, "ben", "e3");
    story_arrive(w, "ann", "e1");
    world_close(w, 1);
    world_answer(w, 1, FATE_DONE);
    story_arrive(w, "ann", "e2");
    world_pass(w, 2000);
    story_skip(w);
    for (int i = 0; i < 3; i++) /* ben's */
        world_answer(w, i == 0 ? 0 : 1, FATE_DONE);
    story_expect(w, "create ben; open c2 e3; receipt 0/1 delivered; read v2");
    world_answer(w, 1, FATE_DONE);
    story_expect_nothing(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "reopen v1");
    story_answers(w, 3);
    story_expect(w, "find ann; list c1; post v1 e2");
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behind_a_backlog_an_event_costs_no_more_calls_than_alone),
        cmocka_unit_test(what_is_known_when_an_account_is_held_is_found_out_anew_after_that),
        cmocka_unit_test(who_has_begun_goes_on_before_who_waits),
        cmocka_unit_test(but_not_again_when_it_failed),
        cmocka_unit_test(nor_when_it_reads_back),
        cmocka_unit_test(who_has_to_find_it_out_anew_waits_for_the_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
