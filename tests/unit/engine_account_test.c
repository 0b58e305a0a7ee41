#include "engine/story.h"

#include "engine/world_take.h"

/* The file of the API key has another content, which is in use from here on. */
static void new_api_key(struct world *w)
{
    world_take(w, 0, &(struct input){.type = INPUT_API_KEY, .account = 0});
}

/* e1 waits, because Papercups refused the key. */
static struct world *world_with_a_held_account(void)
{
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answer(w, FATE_UNAUTHORIZED);
    story_answer(w, FATE_UNAUTHORIZED); /* and to whose it is */
    story_skip(w);
    return w;
}

static void a_held_account_is_asked_whose_key_it_has_every_ten_seconds(void **state)
{
    (void)state;
    struct world *w = world_with_a_held_account();
    world_pass(w, 9999);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "me");
    story_answer(w, FATE_UNAUTHORIZED);
    world_pass(w, 9999);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "me");
    story_answer(w, FATE_DONE);
    story_expect(w, "account acme open; find ann");
    world_go_for(w, 30000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

static void a_new_key_is_asked_for_at_once(void **state)
{
    (void)state;
    struct world *w = world_with_a_held_account();
    new_api_key(w);
    story_expect(w, "account acme unchecked; me");
    world_go_for(w, 30000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

static void the_answer_to_the_old_key_says_nothing_of_the_new_one(void **state)
{
    (void)state;
    struct world *w = world_with_a_held_account();
    world_pass(w, 10000);
    story_expect(w, "me");
    new_api_key(w);
    story_expect(w, "account acme unchecked; me");
    story_answer(w, FATE_DONE); /* the old key is good */
    story_expect_nothing(w);
    story_answer(w, FATE_UNAUTHORIZED); /* the new one is not */
    story_expect(w, "account acme unauthorized");
    world_pass(w, 9999);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "me");
    world_go_for(w, 30000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

/* The only event's own backoff would be half a minute by then. */
static void while_the_circuit_is_open_the_next_probe_starts_within_five_seconds(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world_options options = world_options();
        options.seed = seed;
        struct world *w = story_begin(&options);
        story_arrive(w, "ann", "e1");
        for (int probe = 0; probe < 40; probe++) {
            int64_t ended_ms = w->now.mono.ms;
            story_answer(w, FATE_NOT_SENT);
            while (w->request_count == 0)
                world_pass(w, 100);
            assert_true(w->now.mono.ms - ended_ms <= 5000 + 100);
        }
        story_end(w);
    }
}

/* e1's text is refused by something in between, as fast as it may be posted. The others of its account go on. */
static void a_text_that_is_refused_holds_up_its_customer_alone_and_fails_after_five(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_skip(w);
    story_answer(w, FATE_FORBIDDEN);
    story_expect(w, "me; trouble 0/0 post_conversation forbidden");
    story_arrive(w, "bob", "e2");
    story_skip(w); /* it waits for that answer */
    assert_int_equal(w->request_count, 1);
    story_answer(w, FATE_DONE);
    story_expect(w, "rows of ann; find bob");
    for (int i = 0; i < 4; i++) {
        for (int waited = 0; waited < 1000; waited++) {
            world_pass(w, 100);
            while (w->request_count > 0) {
                bool bad = fake_request_posts(&w->requests[0].what) &&
                           strcmp(w->requests[0].what.event, "e1") == 0;
                story_answer(w, bad ? FATE_FORBIDDEN : FATE_DONE);
                waited = bad ? 1000 : waited;
            }
        }
        assert_int_equal(fake_papercups_shown(&w->papercups, "bob", "e2"), 1);
        assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 0);
    }
    world_go_for(w, 20000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_REFUSED_BY_PAPERCUPS);
    story_end(w);
}

/* Five posts get lost on their way, each is proven absent, and two are answered with 500, while others are taken: that is two
 * refusals, not seven. */
static void a_post_that_never_arrives_is_refused_by_nobody_however_often(void **state)
{
    (void)state;
    static const char *const others[] = {"e2", "e3", "e4", "e5", "e6", "e7", "e8"};
    struct world *w = story_begin(NULL);
    int lost = 0;
    story_arrive(w, "ann", "e1");
    for (int waited = 0; waited < 20000 && lost < 7; waited++) {
        world_pass(w, 100);
        while (w->request_count > 0) {
            bool bad = fake_request_posts(&w->requests[0].what) && strcmp(w->requests[0].what.event, "e1") == 0;
            story_answer(w, !bad ? FATE_DONE : lost < 5 ? FATE_LOST : FATE_ERROR);
            if (bad)
                story_arrive(w, "bob", others[lost++]);
        }
    }
    assert_int_equal(lost, 7);
    world_go_for(w, 60000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_DELIVERED);
    story_end(w);
}

/* 401 and redirects end nothing before its time, however often they come and whatever else is taken. */
static void what_is_no_403_never_ends_an_event_before_its_deadline(void **state)
{
    (void)state;
    static const enum fate fates[] = {FATE_UNAUTHORIZED, FATE_LOGIN};
    for (size_t f = 0; f < 2; f++) {
        struct world *w = story_begin(NULL);
        story_arrive(w, "ann", "e1");
        story_arrive(w, "bob", "e2");
        for (int i = 0; i < 4 * 60; i++) {
            world_pass(w, 10000);
            while (w->request_count > 0) {
                bool bad = strcmp(w->requests[0].what.event, "e1") == 0;
                story_answer(w, bad ? fates[f] : FATE_DONE);
            }
        }
        assert_int_equal(fake_papercups_shown(&w->papercups, "bob", "e2"), 1);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_NONE);
        world_go_for(w, 60000);
        assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
        story_end(w);
    }
}

/* All posts get 500 for a while. What had five of them is no more refused than what had none, once they are taken. */
static void an_outage_that_is_over_refuses_nothing(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_arrive(w, "bob", "e2");
    for (int i = 0; i < 12; i++) {
        world_pass(w, 10000);
        while (w->request_count > 0)
            story_answer(w, fake_request_posts(&w->requests[0].what) ? FATE_ERROR : FATE_DONE);
    }
    world_go_for(w, 60000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    assert_int_equal(fake_papercups_shown(&w->papercups, "bob", "e2"), 1);
    story_end(w);
}

/* What opens it is the fifth failure in a row, what closes it the first success. */
static void a_circuit_is_told_when_it_opens_and_when_it_closes(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_skip(w);
    for (int i = 0; i < 5; i++) {
        while (w->request_count == 0)
            world_pass(w, 100);
        story_skip(w);
        story_answer(w, FATE_NOT_SENT);
    }
    story_expect(w, "circuit acme open; trouble 0/0 find_customers not_sent");
    while (w->request_count == 0)
        world_pass(w, 100);
    story_skip(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "circuit acme closed; create ann");
    story_end(w);
}

static void calls_are_timed_by_kind_and_class_of_status(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    const struct call_times *times = engine_call_times(w->workers[0].engine);
    story_arrive(w, "ann", "e1");
    world_pass(w, 40);
    story_answer(w, FATE_DONE);
    world_pass(w, 15000);
    story_answer(w, FATE_UNAUTHORIZED);
    assert_int_equal(times->of[CALL_FIND_CUSTOMERS][2].sum_ms, 40);
    assert_int_equal(histogram_count(&times->of[CALL_FIND_CUSTOMERS][2]), 1);
    assert_int_equal(times->of[CALL_CREATE_CUSTOMER][4].sum_ms, 15000);
    story_end(w);
}

static void how_long_an_account_s_deliveries_took_is_summed_up(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    world_pass(w, 250);
    story_answers(w, 3);
    story_acknowledge(w);
    const struct account *account = engine_next_account(w->workers[0].engine, NULL);
    assert_int_equal(account->stats.outcomes[OUTCOME_DELIVERED], 1);
    assert_int_equal(account->stats.delivery_ms, 250);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_is_refused_holds_up_its_customer_alone_and_fails_after_five),
        cmocka_unit_test(a_post_that_never_arrives_is_refused_by_nobody_however_often),
        cmocka_unit_test(what_is_no_403_never_ends_an_event_before_its_deadline),
        cmocka_unit_test(an_outage_that_is_over_refuses_nothing),
        cmocka_unit_test(a_held_account_is_asked_whose_key_it_has_every_ten_seconds),
        cmocka_unit_test(a_new_key_is_asked_for_at_once),
        cmocka_unit_test(while_the_circuit_is_open_the_next_probe_starts_within_five_seconds),
        cmocka_unit_test(the_answer_to_the_old_key_says_nothing_of_the_new_one),
        cmocka_unit_test(a_circuit_is_told_when_it_opens_and_when_it_closes),
        cmocka_unit_test(calls_are_timed_by_kind_and_class_of_status),
        cmocka_unit_test(how_long_an_account_s_deliveries_took_is_summed_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
