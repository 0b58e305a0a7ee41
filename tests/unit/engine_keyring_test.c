/* Keyrings and events that wait: a key is looked at when its event's turn comes, and before each post. */
#include "engine/story.h"

#include "engine/world_take.h"

#define REVOKED_KEYRING                                                                                      \
    "{\"keys\":[{\"id\":\"shop-1\",\"sender\":\"shop\",\"key\":\"whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\","  \
    "\"accounts\":[\"acme\"],\"revoked\":true}]}"
#define NARROW_KEYRING                                                                                       \
    "{\"keys\":[{\"id\":\"shop-1\",\"sender\":\"shop\",\"key\":\"whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\","  \
    "\"accounts\":[\"beta\"]}]}"
#define EMPTY_KEYRING "{\"keys\":[]}"

/* The keyring's file has another content, which is in use from here on. */
static void new_keyring(struct world *w, const char *text)
{
    static const unsigned char hash_key[16];
    struct keyring *keyring = keyring_read(span_of(text), hash_key, NULL);
    assert_non_null(keyring);
    world_take(w, 0, &(struct input){.type = INPUT_KEYRING, .keyring = keyring});
}

static void an_event_whose_key_is_gone_before_its_post_is_not_posted(void **state)
{
    (void)state;
    static const char *const keyrings[] = {REVOKED_KEYRING, EMPTY_KEYRING, NARROW_KEYRING};
    for (size_t i = 0; i < 3; i++) {
        struct world *w = story_begin(NULL);
        story_arrive(w, "ann", "e1");
        new_keyring(w, keyrings[i]);
        story_skip(w);
        story_answers(w, 2);
        story_expect(w, "create ann; dead letter 0/0 key_revoked");
        world_go_for(w, 60000);
        story_expect(w, "receipt 0/0 key_revoked; settled 0/0 key_revoked; commit 0/1 reach=5001 receipts=1");
        assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), 0);
        story_end(w);
    }
}

static void an_event_whose_key_is_gone_before_its_turn_is_refused(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    story_arrive(w, "ann", "e1");
    story_publish(w, "ann", "e2");
    story_feed(w);
    new_keyring(w, REVOKED_KEYRING);
    world_go_for(w, 60000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_KEY_REVOKED);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 1), OUTCOME_KEY_NOT_ACTIVE);
    story_end(w);
}

/* After a crash the keyring may be another, in which it is active. */
static void the_successor_of_an_event_whose_key_is_not_active_waits_for_its_receipt(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    new_keyring(w, REVOKED_KEYRING);
    story_publish(w, "ann", "e1");
    story_publish(w, "ann", "e2");
    story_feed(w);
    story_skip(w);
    story_commit(w);
    story_expect(w, "dead letter 0/0 key_not_active");
    story_acknowledge(w);
    story_expect(w, "receipt 0/0 key_not_active");
    story_acknowledge(w);
    story_expect(w, "settled 0/0 key_not_active; dead letter 0/1 key_not_active");
    story_end(w);
}

static void the_successor_of_an_event_whose_account_is_not_granted_waits_for_its_receipt(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    new_keyring(w, NARROW_KEYRING);
    story_publish(w, "ann", "e1");
    story_publish(w, "ann", "e2");
    story_feed(w);
    story_skip(w);
    story_commit(w);
    story_expect(w, "dead letter 0/0 account_not_granted");
    story_acknowledge(w);
    story_expect(w, "receipt 0/0 account_not_granted");
    story_acknowledge(w);
    story_expect(w, "settled 0/0 account_not_granted; dead letter 0/1 account_not_granted");
    story_end(w);
}

/* The first owner posts it and is killed before its receipt; the next one's keyring grants the key less. */
static void an_event_of_an_earlier_owner_is_read_back_before_its_account_is_called_not_granted(void **state)
{
    (void)state;
    static const struct {
        enum fate fate;
        enum outcome outcome;
    } rows[] = {{FATE_LOST_STORED, OUTCOME_DELIVERED}, {FATE_LOST, OUTCOME_ACCOUNT_NOT_GRANTED}};
    for (size_t i = 0; i < 2; i++) {
        struct world *w = story_begin(NULL);
        story_arrive(w, "ann", "e1");
        story_answers(w, 2);
        world_crash(w, 0);
        new_keyring(w, NARROW_KEYRING);
        world_answer(w, 0, rows[i].fate);
        world_assign(w, 0, 0);
        world_go_for(w, 120000);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), rows[i].outcome);
        assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), i == 0);
        story_end(w);
    }
}

static void an_event_that_may_have_been_shown_is_read_back_whatever_became_of_its_key(void **state)
{
    (void)state;
    static const struct {
        enum fate fate;
        enum outcome outcome;
    } rows[] = {{FATE_LOST_STORED, OUTCOME_DELIVERED}, {FATE_LOST, OUTCOME_KEY_REVOKED}};
    for (size_t i = 0; i < 2; i++) {
        struct world *w = story_begin(NULL);
        story_arrive(w, "ann", "e1");
        story_answers(w, 2);
        new_keyring(w, EMPTY_KEYRING);
        story_answer(w, rows[i].fate);
        world_go_for(w, 60000);
        assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), rows[i].outcome);
        assert_int_equal(fake_papercups_shown(&w->papercups, "ann", "e1"), i == 0);
        story_end(w);
    }
}

static void a_new_keyring_holds_for_records_from_then_on(void **state)
{
    (void)state;
    struct world *w = story_begin(NULL);
    new_keyring(w, EMPTY_KEYRING);
    story_publish(w, "ann", "e1");
    world_go_for(w, 60000);
    assert_int_equal(fake_log_outcome(&w->log.partitions[0], 0), OUTCOME_UNKNOWN_KEY);
    story_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_whose_key_is_gone_before_its_post_is_not_posted),
        cmocka_unit_test(an_event_whose_key_is_gone_before_its_turn_is_refused),
        cmocka_unit_test(the_successor_of_an_event_whose_key_is_not_active_waits_for_its_receipt),
        cmocka_unit_test(the_successor_of_an_event_whose_account_is_not_granted_waits_for_its_receipt),
        cmocka_unit_test(an_event_of_an_earlier_owner_is_read_back_before_its_account_is_called_not_granted),
        cmocka_unit_test(an_event_that_may_have_been_shown_is_read_back_whatever_became_of_its_key),
        cmocka_unit_test(a_new_keyring_holds_for_records_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
