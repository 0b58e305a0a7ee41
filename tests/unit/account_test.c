#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/account.h"

static void an_account_keeps_copies_of_its_words(void **state)
{
    (void)state;
    char name[] = "acme", host[] = "example.com", inbox[] = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const struct account_options options = {
        .index = 3, .name = name, .inbox = inbox, .widget_host = host, .papercups_account = inbox};
    struct account *account = account_new(&options);
    name[0] = host[0] = inbox[0] = 'x';
    assert_int_equal(account->options.index, 3);
    assert_string_equal(account->options.name, "acme");
    assert_string_equal(account->options.widget_host, "example.com");
    assert_string_equal(account->options.inbox, "0f8fad5b-d9cb-469f-a165-70867728950e");
    assert_string_equal(account->options.papercups_account, "0f8fad5b-d9cb-469f-a165-70867728950e");
    assert_true(span_equal(account->node.key, SPAN("acme")));
    account_free(account);
    account_free(NULL);
}

static void without_an_inbox_there_is_none(void **state)
{
    (void)state;
    struct account *account = account_new(&(struct account_options){.name = "a", .widget_host = "h"});
    assert_null(account->options.inbox);
    assert_null(account->options.papercups_account);
    assert_int_equal(account->in_flight, 0);
    assert_null(account->ready.head);
    account_free(account);
}

static void an_event_may_wish_for_less_time_and_never_gets_more_than_is_allowed(void **state)
{
    (void)state;
    const struct {
        int64_t default_ms, most_ms, wish_s, expected_ms;
    } rows[] = {
        {3600000, 604800000, 0, 3600000},    {3600000, 604800000, 1, 1000},
        {3600000, 604800000, 7200, 7200000}, {3600000, 604800000, 604800, 604800000},
        {3600000, 600000, 0, 600000},        {3600000, 600000, 599, 599000},
        {3600000, 600000, 601, 600000},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct account account = {
            .options = {.deliver_within_ms = rows[i].default_ms, .deliver_within_max_ms = rows[i].most_ms}};
        assert_int_equal(account_deliver_within_ms(&account, rows[i].wish_s), rows[i].expected_ms);
    }
}

static void answer(struct account *account, enum answer_kind kind)
{
    static struct rng rng = {5};
    account_answered(account, kind, CALL_POST_MESSAGE, (struct mono){990}, (struct mono){1000}, &rng);
}

static void a_held_account_makes_no_calls_and_asks_for_no_time(void **state)
{
    (void)state;
    const enum answer_kind kinds[] = {ANSWER_UNAUTHORIZED, ANSWER_FORBIDDEN, ANSWER_REDIRECTED};
    const char *const words[] = {"unauthorized", "unauthorized", "redirected"};
    struct mono again;
    struct account *account = account_new(
        &(struct account_options){.name = "a", .widget_host = "h", .max_in_flight = 8, .held = true});
    assert_false(account_may_call(account, (struct mono){1000}, &again));
    assert_int_equal(again.ms, MONO_NEVER.ms);
    assert_string_equal(account_hold_word(account->hold), "unchecked");
    for (size_t i = 0; i < 3; i++) {
        account->hold = ACCOUNT_OPEN;
        answer(account, kinds[i]); /* to a post: /api/v1/me is not asked yet */
        assert_true(account_may_call(account, (struct mono){1000}, &again));
        account->doubted = true;
        assert_false(account_may_call(account, (struct mono){1000}, &again));
        account_probed(account, &(struct answer){.kind = kinds[i]});
        assert_string_equal(account_hold_word(account->hold), words[i]);
        assert_false(account_may_call(account, (struct mono){1000}, &again));
        account_probed(account, &(struct answer){.kind = ANSWER_SERVER_ERROR}); /* that says nothing */
        assert_string_equal(account_hold_word(account->hold), words[i]);
    }
    assert_string_equal(account_hold_word(ACCOUNT_STRANGER), "stranger");
    account_free(account);
}

/* What was said clearly, 404 and 422 too, shows that the server is well; the key's and the URL's mistakes are counted
 * apart. */
static void five_answers_that_are_trouble_open_the_circuit_and_a_clear_one_closes_it(void **state)
{
    (void)state;
    const enum answer_kind trouble[] = {ANSWER_LATER, ANSWER_NOT_SENT, ANSWER_SERVER_ERROR, ANSWER_UNREADABLE,
                                        ANSWER_LOST};
    const enum answer_kind clear[] = {ANSWER_OK, ANSWER_NOT_FOUND, ANSWER_REFUSED};
    struct mono again;
    struct account *account =
        account_new(&(struct account_options){.name = "a", .widget_host = "h", .max_in_flight = 8});
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 5; i++)
            answer(account, trouble[i]);
        assert_false(account_may_call(account, (struct mono){1000}, &again));
        assert_in_range(again.ms, 1001, 1500);
        account->in_flight = 1;
        assert_false(account_may_call(account, again, &again));
        assert_int_equal(again.ms, MONO_NEVER.ms);
        answer(account, clear[round]);
        account->concurrency.limit = 2; /* however far it was taken down */
        assert_true(account_may_call(account, (struct mono){2000}, &again));
        account->in_flight = 0;
    }
    assert_int_equal(account->stats.answers[ANSWER_LATER], 3);
    assert_int_equal(account->stats.answers[ANSWER_REFUSED], 1);
    assert_int_equal(account->hold, ACCOUNT_OPEN);
    account_free(account);
}

static void one_that_is_set_otherwise_keeps_what_it_does_and_makes_no_more_calls_than_it_may(void **state)
{
    (void)state;
    char host[] = "other.example";
    struct mono again;
    struct account *account =
        account_new(&(struct account_options){.index = 3, .name = "a", .widget_host = "h", .inbox = "i", .max_in_flight = 4});
    account->in_flight = 2;
    account_change(account, &(struct account_options){
                                .index = 3, .name = "a", .widget_host = host, .deliver_within_ms = 7, .max_in_flight = 2});
    host[0] = 'x';
    assert_string_equal(account->options.widget_host, "other.example");
    assert_null(account->options.inbox);
    assert_int_equal(account->options.deliver_within_ms, 7);
    assert_true(span_equal(account->node.key, SPAN("a")));
    assert_int_equal(account->in_flight, 2);
    assert_int_equal(account->hold, ACCOUNT_OPEN);
    assert_false(account_may_call(account, (struct mono){1000}, &again));
    account->in_flight = 1;
    assert_true(account_may_call(account, (struct mono){1000}, &again));
    account_free(account);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_keeps_copies_of_its_words),
        cmocka_unit_test(without_an_inbox_there_is_none),
        cmocka_unit_test(an_event_may_wish_for_less_time_and_never_gets_more_than_is_allowed),
        cmocka_unit_test(a_held_account_makes_no_calls_and_asks_for_no_time),
        cmocka_unit_test(one_that_is_set_otherwise_keeps_what_it_does_and_makes_no_more_calls_than_it_may),
        cmocka_unit_test(five_answers_that_are_trouble_open_the_circuit_and_a_clear_one_closes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
