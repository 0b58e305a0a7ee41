/* A customer whose messages are more than can be read holds up nobody else. */
#include "engine/internal.h"
#include "engine/story.h"

static struct account *account_of(const struct world *w)
{
    return MAP_ENTRY(map_any(&w->workers[0].engine->accounts), struct account, node);
}

static void where_the_newest_conversation_cannot_be_read_a_new_one_is_made(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    fake_papercups_plant(&w->papercups, WORLD_ACCOUNT, "ann", "e0", "v1:somebody");
    story_arrive(w, "ann", "e1");
    story_answers(w, 1);
    story_skip(w);
    story_answer(w, FATE_TOO_LARGE);
    story_expect(w, "trouble 0/0 list_conversations too_large; open c1 e1");
    world_go_for(w, 5000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    assert_int_equal(w->papercups.conversation_count, 2);
    story_end(w);
}

static void the_one_to_reopen_is_not_looked_for_then_either(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.reopen = true;
    struct world *w = story_begin(&options);
    fake_papercups_plant(&w->papercups, WORLD_ACCOUNT, "ann", "e0", "v1:somebody");
    w->papercups.conversations[0].closed = true;
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_skip(w);
    story_answer(w, FATE_TOO_LARGE);
    story_expect(w, "trouble 0/0 list_closed too_large; open c1 e1");
    story_end(w);
}

/* What may be shown already is never posted because it could not be read. */
static void a_read_back_waits(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    story_answer(w, FATE_ERROR_STORED);
    for (int i = 0; i < 20; i++) {
        story_answers(w, 2);
        story_skip(w);
        story_answer(w, FATE_TOO_LARGE);
        story_expect(w, "trouble 0/0 read_messages too_large");
        world_pass(w, 30000);
    }
    assert_int_equal(w->papercups.message_count, 1);
    world_go_for(w, 60000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_DELIVERED);
    assert_int_equal(w->papercups.message_count, 1);
    story_end(w);
}

static void it_counts_neither_for_the_concurrency_nor_for_the_circuit(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    fake_papercups_plant(&w->papercups, WORLD_ACCOUNT, "ann", "e0", "v1:somebody");
    const struct concurrency *concurrency = &account_of(w)->concurrency;
    for (int i = 0; i < 20; i++) {
        char event[8];
        snprintf(event, sizeof(event), "e%d", i + 1);
        story_arrive(w, "ann", event);
        story_answers(w, 1);
        assert_int_equal(concurrency->failures, 0);
        story_answer(w, FATE_TOO_LARGE);
        assert_int_equal(concurrency->failures, 0);
        assert_int_equal(concurrency->limit, 4);
        world_go_for(w, 31000); /* what was found out is forgotten */
    }
    story_end(w);
}

/* A list takes longer than the timeout; others are served meanwhile. */
static void a_list_that_is_slower_than_the_timeout_is_its_customers_affair(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    const struct concurrency *concurrency = &account_of(w)->concurrency;
    fake_papercups_plant(&w->papercups, WORLD_ACCOUNT, "ann", "e0", "v1:somebody");
    story_arrive(w, "ann", "e1");
    story_answers(w, 1); /* find ann; her list is under way */
    world_pass(w, 1000);
    world_publish(w, &(struct publication){.customer = "bob", .event_id = "e2"});
    story_feed(w);
    world_answer(w, 1, FATE_DONE); /* find bob */
    story_skip(w);
    story_answer(w, FATE_LOST);
    story_expect(w, "trouble 0/0 list_conversations too_large; open c1 e1");
    assert_int_equal(concurrency->failures, 0);
    story_end(w);
}

/* One place, and a list that does not come. */
static void a_list_that_is_long_under_way_gives_its_place_away(void **state)
{
    (void)state;
    struct world_options options = world_options();
    options.max_in_flight = 1;
    struct world *w = story_begin(&options);
    fake_papercups_plant(&w->papercups, WORLD_ACCOUNT, "ann", "e0", "v1:somebody");
    story_arrive(w, "ann", "e1");
    story_answers(w, 1); /* find ann; her list is under way */
    world_publish(w, &(struct publication){.customer = "bob", .event_id = "e2"});
    story_feed(w);
    story_skip(w);
    world_pass(w, 1999);
    story_expect_nothing(w);
    world_pass(w, 1);
    story_expect(w, "find bob");
    for (int i = 0; i < 3; i++) /* find, create, open */
        world_answer(w, 1, FATE_DONE);
    assert_int_equal(fake_papercups_shown(&w->papercups, "bob", "e2"), 1);
    story_skip(w);
    story_answer(w, FATE_LOST);
    story_expect(w, "trouble 0/0 list_conversations too_large; open c1 e1");
    assert_int_equal(account_of(w)->in_flight, 1);
    assert_int_equal(account_of(w)->aside, 0);
    story_end(w);
}

/* A Papercups that hangs is not asked more and more. */
static void where_nothing_is_answered_only_one_does(void **state)
{
    (void)state;
    static const char *const customers[] = {"ann", "bob", "cat", "dan"};
    struct world_options options = world_options();
    options.max_in_flight = 2;
    struct world *w = story_begin(&options);
    for (int i = 0; i < 4; i++) {
        char event[8];
        snprintf(event, sizeof(event), "e%d", i + 1);
        fake_papercups_plant(&w->papercups, WORLD_ACCOUNT, customers[i], "e0", "v1:somebody");
        story_arrive(w, customers[i], event);
    }
    story_answers(w, 2); /* find two of them: their lists are under way, the others wait */
    assert_int_equal(w->request_count, 2);
    world_pass(w, 10000);
    assert_int_equal(w->request_count, 3);
    assert_int_equal(account_of(w)->aside, 1);
    world_answer(w, 2, FATE_DONE); /* Papercups is well */
    world_pass(w, 2000);
    assert_int_equal(account_of(w)->aside, 2);
    story_end(w);
}

static void where_nothing_else_was_answered_meanwhile_it_is_papercups(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    const struct concurrency *concurrency = &account_of(w)->concurrency;
    fake_papercups_plant(&w->papercups, WORLD_ACCOUNT, "ann", "e0", "v1:somebody");
    story_arrive(w, "ann", "e1");
    story_answers(w, 1);
    world_pass(w, 15000);
    story_skip(w);
    story_answer(w, FATE_LOST);
    story_expect(w, "trouble 0/0 list_conversations lost");
    assert_int_equal(concurrency->failures, 1);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_the_newest_conversation_cannot_be_read_a_new_one_is_made),
        cmocka_unit_test(the_one_to_reopen_is_not_looked_for_then_either),
        cmocka_unit_test(a_read_back_waits),
        cmocka_unit_test(it_counts_neither_for_the_concurrency_nor_for_the_circuit),
        cmocka_unit_test(a_list_that_is_slower_than_the_timeout_is_its_customers_affair),
        cmocka_unit_test(a_list_that_is_long_under_way_gives_its_place_away),
        cmocka_unit_test(where_nothing_is_answered_only_one_does),
        cmocka_unit_test(where_nothing_else_was_answered_meanwhile_it_is_papercups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
