/* Accounts that are added, or set otherwise, while a worker runs; and what becomes of events for one that it does not know. */
#include "engine/story.h"

#include "engine/world_take.h"

#define BETA 1u /* WORLD_ACCOUNT_2 */

/* Its workers know acme alone. */
static struct world_options without_beta(void)
{
    struct world_options options = world_options();
    options.late_accounts = 1u << BETA;
    return options;
}

static struct world *story_without_beta(void)
{
    struct world_options options = without_beta();
    return story_begin(&options);
}

static const struct record *publish_beta(struct world *w, const char *event_id)
{
    return world_publish(w, &(struct publication){.account = WORLD_ACCOUNT_2, .customer = "ann", .event_id = event_id});
}

static enum outcome outcome_of(const struct world *w, int64_t offset)
{
    return fake_log_outcome(&w->log.partitions[0], offset);
}

static void an_account_that_is_added_is_asked_whose_key_it_has_and_then_delivered_to(void **state)
{
    (void)state;
    struct world *w = story_without_beta();
    world_add_account(w, 0, BETA);
    story_expect(w, "me");
    publish_beta(w, "e1");
    story_feed(w);
    story_commit(w);
    story_skip(w);
    assert_int_equal(w->request_count, 1); /* it waits for that answer */
    story_answer(w, FATE_DONE);
    story_expect(w, "account beta open; find ann");
    world_go_for(w, 30000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

/* The accounts' settings say where: an inbox may have been another when it was found out. */
static void where_customers_are_is_found_out_anew_after_a_change_of_accounts(void **state)
{
    (void)state;
    struct world *w = story_without_beta();
    story_publish(w, "ann", "e1");
    world_go_for(w, 5000);
    world_add_account(w, 0, BETA);
    story_answer(w, FATE_DONE);
    story_skip(w);
    story_publish(w, "ann", "e2");
    story_feed(w);
    story_expect(w, "find ann");
    story_end(w);
}

static void an_account_that_is_added_with_a_bad_key_is_held_and_nothing_is_lost(void **state)
{
    (void)state;
    struct world *w = story_without_beta();
    world_add_account(w, 0, BETA);
    story_skip(w);
    story_answer(w, FATE_UNAUTHORIZED);
    story_expect(w, "account beta unauthorized");
    publish_beta(w, "e1");
    story_publish(w, "bob", "e2");
    story_feed(w);
    world_pass(w, 5000);
    story_commit(w);
    story_answers(w, 3); /* those of acme */
    world_go_for(w, 60000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "bob", "e2"), 1);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1); /* its key is good by then */
    story_end(w);
}

static void an_account_that_gets_another_address_makes_no_call_before_that_has_said_whose_it_is(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    world_add_account(w, 0, 0);
    story_expect(w, "account acme unchecked; me");
    story_arrive(w, "ann", "e1");
    assert_int_equal(w->request_count, 1);
    story_skip(w);
    story_answer(w, FATE_DONE);
    story_expect(w, "account acme open; find ann");
    world_go_for(w, 30000);
    story_end(w);
}

/* The post that is under way is unknown; it is read back at the new address, as any other. */
static void what_is_under_way_when_the_address_changes_is_read_back_at_the_new_one(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_answers(w, 2);
    world_add_account(w, 0, 0);
    story_answer(w, FATE_LOST_STORED);
    world_go_for(w, 60000);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    assert_int_equal(outcome_of(w, 0), OUTCOME_DELIVERED);
    story_end(w);
}

static void an_event_for_an_account_that_nobody_knows_is_refused_and_may_come_again(void **state)
{
    (void)state;
    struct world *w = story_without_beta();
    const struct record *record = publish_beta(w, "e1");
    story_feed(w);
    story_commit(w);
    story_expect(w, "commit 0/0 reach=5001 receipts=0; dead letter 0/0 account_not_granted");
    story_acknowledge(w);
    story_expect(w, "receipt 0/0 account_not_granted");
    story_acknowledge(w);
    story_skip(w);
    world_add_account(w, 0, BETA);
    world_repeat(w, record);
    world_go_for(w, 60000);
    assert_int_equal(outcome_of(w, 0), OUTCOME_ACCOUNT_NOT_GRANTED);
    assert_int_equal(outcome_of(w, 1), OUTCOME_DELIVERED);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

/* Its successor is of the same account, which is added in between: after a crash the first one might be admitted. */
static void the_successor_of_an_event_of_an_unknown_account_waits_for_its_receipt(void **state)
{
    (void)state;
    struct world *w = story_without_beta();
    publish_beta(w, "e1");
    story_feed(w);
    story_commit(w);
    world_add_account(w, 0, BETA);
    story_answer(w, FATE_DONE);
    publish_beta(w, "e2");
    story_feed(w);
    story_skip(w);
    world_pass(w, 1000);
    assert_int_equal(w->request_count, 0);
    while (w->produce_count > 0)
        story_acknowledge(w); /* the dead letter, the receipt */
    assert_int_equal(w->request_count, 1);
    world_go_for(w, 60000);
    assert_int_equal(outcome_of(w, 1), OUTCOME_DELIVERED);
    story_end(w);
}

/* Nobody decides of a record that may be somebody else's by now, who may know its account. */
static void an_event_of_an_unknown_account_waits_for_the_lease(void **state)
{
    (void)state;
    struct world_options options = without_beta();
    options.lease_ms = WORLD_LEASE_MS;
    struct world *w = story_begin(&options);
    publish_beta(w, "e1");
    story_feed(w);
    story_expect(w, "commit 0/0 reach=5001 receipts=0");
    assert_int_equal(w->produce_count, 0);
    story_commit(w);
    story_expect(w, "dead letter 0/0 account_not_granted");
    world_go_for(w, 60000);
    story_end(w);
}

/* Two workers, of which the second does not know the account yet. The first posts, or does not, and is gone before its receipt:
 * the second cannot read it back. */
static struct world *story_left_to_a_stranger(enum fate fate)
{
    struct world_options options = without_beta();
    options.worker_count = 2;
    struct world *w = story_begin(&options);
    world_add_account(w, 0, BETA);
    story_answer(w, FATE_DONE);
    publish_beta(w, "e1");
    story_feed(w);
    story_commit(w);
    story_answers(w, 2);
    world_answer(w, 0, fate);
    world_crash(w, 0);
    world_forget(w);
    world_assign(w, 1, 0);
    world_go_for(w, 60000);
    return w;
}

static void what_may_have_been_posted_for_an_account_that_the_next_owner_does_not_know_is_said_to_be_unknown(void **state)
{
    (void)state;
    static const enum fate fates[] = {FATE_LOST_STORED, FATE_LOST};
    for (size_t i = 0; i < 2; i++) {
        struct world *w = story_left_to_a_stranger(fates[i]);
        assert_int_equal(outcome_of(w, 0), OUTCOME_UNKNOWN);
        assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), i == 0);
        story_end(w);
    }
}

static void and_is_read_back_before_it_is_posted_when_it_comes_again(void **state)
{
    (void)state;
    static const enum fate fates[] = {FATE_LOST_STORED, FATE_LOST};
    for (size_t i = 0; i < 2; i++) {
        struct world *w = story_left_to_a_stranger(fates[i]);
        world_add_account(w, 1, BETA);
        publish_beta(w, "e1"); /* signed anew */
        world_go_for(w, 60000);
        assert_int_equal(outcome_of(w, 1), OUTCOME_DELIVERED);
        assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
        story_end(w);
    }
}

/* The second one gives the partition back before it has decided: its next owner, which knows the account, must read it back. */
static void an_event_in_doubt_of_an_unknown_account_that_is_given_back_stays_in_doubt(void **state)
{
    (void)state;
    struct world_options options = without_beta();
    options.worker_count = 2;
    options.lease_ms = WORLD_LEASE_MS;
    struct world *w = story_begin(&options);
    world_add_account(w, 0, BETA);
    story_answer(w, FATE_DONE);
    publish_beta(w, "e1");
    story_feed(w);
    story_commit(w);
    story_answers(w, 2);
    world_answer(w, 0, FATE_LOST_STORED);
    world_crash(w, 0);
    world_forget(w);
    w->workers[0].accounts |= 1u << BETA;
    world_assign(w, 1, 0);
    world_rebuild(w, 1, 0);
    while (world_feed(w, 1, 0)) /* it has no lease yet */
        continue;
    world_revoke(w, 1, 0);
    while (w->commit_count > 0)
        story_commit(w);
    world_pass(w, WORLD_DRAIN_MS);
    while (w->commit_count > 0)
        story_commit(w);
    world_crash(w, 0); /* which begins with the account */
    world_assign(w, 0, 0);
    world_go_for(w, 120000);
    assert_int_equal(outcome_of(w, 0), OUTCOME_DELIVERED);
    assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 1);
    story_end(w);
}

/* One account may fill the memory; once there are two, each has its share. */
static void settings_change_for_what_comes_from_then_on(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    struct account_options accounts[WORLD_ACCOUNTS_MAX];
    story_arrive(w, "ann", "e1");
    size_t count = world_accounts(w, 0, accounts);
    for (size_t i = 0; i < count; i++)
        accounts[i].memory_bytes = 1;
    world_take(w, 0,
               &(struct input){.type = INPUT_ACCOUNTS,
                               .accounts = accounts,
                               .account_count = count,
                               .memory_bytes = w->options.memory_bytes});
    story_publish(w, "bob", "e2");
    story_feed(w);
    world_go_for(w, 60000);
    assert_int_equal(outcome_of(w, 0), OUTCOME_DELIVERED);
    assert_int_equal(outcome_of(w, 1), OUTCOME_BACKLOG);
    for (size_t i = 0; i < count; i++)
        accounts[i].memory_bytes = 0;
    world_take(w, 0,
               &(struct input){.type = INPUT_ACCOUNTS, .accounts = accounts, .account_count = count, .memory_bytes = 1});
    assert_true(engine_has_room(w->workers[0].engine));
    story_publish(w, "bob", "e3");
    story_feed(w);
    assert_false(engine_has_room(w->workers[0].engine));
    world_go_for(w, 60000);
    assert_int_equal(outcome_of(w, 2), OUTCOME_DELIVERED);
    w->options.memory_bytes = 1 << 20; /* what the world holds it to */
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_that_is_added_is_asked_whose_key_it_has_and_then_delivered_to),
        cmocka_unit_test(where_customers_are_is_found_out_anew_after_a_change_of_accounts),
        cmocka_unit_test(an_account_that_is_added_with_a_bad_key_is_held_and_nothing_is_lost),
        cmocka_unit_test(an_account_that_gets_another_address_makes_no_call_before_that_has_said_whose_it_is),
        cmocka_unit_test(what_is_under_way_when_the_address_changes_is_read_back_at_the_new_one),
        cmocka_unit_test(an_event_for_an_account_that_nobody_knows_is_refused_and_may_come_again),
        cmocka_unit_test(the_successor_of_an_event_of_an_unknown_account_waits_for_its_receipt),
        cmocka_unit_test(an_event_of_an_unknown_account_waits_for_the_lease),
        cmocka_unit_test(what_may_have_been_posted_for_an_account_that_the_next_owner_does_not_know_is_said_to_be_unknown),
        cmocka_unit_test(and_is_read_back_before_it_is_posted_when_it_comes_again),
        cmocka_unit_test(an_event_in_doubt_of_an_unknown_account_that_is_given_back_stays_in_doubt),
        cmocka_unit_test(settings_change_for_what_comes_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
