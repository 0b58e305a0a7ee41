#include "unit/audit_bench.h"

/* ---- dead letters ---- */

static void a_missing_dead_letter_is_named(void **state)
{
    struct bench *bench = *state;
    begin(bench, 6, 6);
    for (int64_t offset = 0; offset < 6; offset++) {
        record(bench, offset, "a", "one");
        receipt(bench, OUTCOME_EXPIRED, offset, "a", "one");
    }
    letter(bench, "a", "events/3/0", "expired");
    letter(bench, "a", "other/3/1", "expired");
    letter(bench, "a", "events/4/2", "expired");
    letter(bench, "b", "events/3/3", "expired"); /* of another record */
    letter(bench, "a", "events/3/4x", "expired");
    letter(bench, "a", "events/3/", "expired");
    letter(bench, "a", NULL, NULL);
    letter(bench, "a", "events/3/5", "flood");
    letter(bench, "a", "events/3/5", "expired"); /* judged again after a crash: one that is right is enough */
    letter(bench, "a", "events/3/5", "gave_up");
    finish(bench);
    assert_int_equal(bench->audit.deviations.count, 4);
    for (size_t n = 0; n < 4; n++)
        expect_deviation(bench, n, (int64_t)n + 1, "no_dead_letter",
                         "rejected (expired), and no dead letter names it");
}

static void a_dead_letter_that_says_something_else_is_named(void **state)
{
    struct bench *bench = *state;
    begin(bench, 2, 2);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "two");
    receipt(bench, OUTCOME_EXPIRED, 0, "a", "one");
    receipt(bench, OUTCOME_GAVE_UP, 1, "a", "two");
    letter(bench, "a", "events/3/0", "gave_up");
    letter(bench, "a", "events/3/1", "\033[1m");
    finish(bench);
    expect_deviation(bench, 0, 0, "other_dead_letter",
                     "rejected (expired), but its dead letter says gave_up");
    expect_deviation(bench, 1, 1, "other_dead_letter",
                     "failed (gave_up), but its dead letter says something else");
    assert_int_equal(bench->audit.deviations.count, 2);
}

static void dead_letters_older_than_those_that_are_left_are_not_looked_for(void **state)
{
    struct bench *bench = *state;
    begin(bench, 2, 2);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "two");
    receipt(bench, OUTCOME_EXPIRED, 0, "a", "one");
    receipt(bench, OUTCOME_EXPIRED, 1, "a", "two");
    audit_finish(&bench->audit, INT64_MIN, T0 + 1000);
    expect_only(bench, 1, "no_dead_letter", "rejected (expired), and no dead letter names it");
    assert_int_equal(bench->audit.counts.letters_not_judged, 1);
}

/* ---- identities ---- */

static void delivered(struct bench *bench, int64_t offset, const char *key, const char *event_id,
                      const char *sender, int64_t admitted_at_ms)
{
    struct receipt one = receipt_of(OUTCOME_DELIVERED, offset, event_id);
    record(bench, offset, key, event_id);
    one.sender = span_of(sender);
    one.admitted_at_ms = admitted_at_ms;
    one.finished_at_ms = admitted_at_ms;
    receipt_with(bench, &one, key, mac_keys[0]);
}

static void an_identity_delivered_twice_within_the_window_is_named(void **state)
{
    struct bench *bench = *state;
    begin(bench, 7, 7);
    delivered(bench, 0, "a", "one", "backend", T0);
    delivered(bench, 1, "a", "one", "shipping", T0); /* another sender's, another key's, another id */
    delivered(bench, 2, "b", "one", "backend", T0);
    delivered(bench, 3, "a", "two", "backend", T0);
    delivered(bench, 4, "a", "one", "backend", T0 + WINDOW + 1000); /* its window is over */
    delivered(bench, 5, "a", "one", "backend", T0 + WINDOW + 1000 + WINDOW);
    finish(bench);
    expect_only(bench, 5, "delivered_twice",
                "delivered, and offset 4, the same event, was delivered within the dedup window");
}

/* The window runs from the later of admission and end. */
static void the_window_runs_from_the_end_of_the_delivery(void **state)
{
    struct bench *bench = *state;
    struct receipt slow = receipt_of(OUTCOME_DELIVERED, 0, "one");
    begin(bench, 2, 2);
    record(bench, 0, "a", "one");
    slow.finished_at_ms = T0 + HOUR;
    receipt_with(bench, &slow, "a", mac_keys[0]);
    delivered(bench, 1, "a", "one", "backend", T0 + HOUR + WINDOW);
    finish(bench);
    assert_int_equal(bench->audit.deviations.count, 1);
    assert_int_equal(bench->audit.deviations.list[0].kind, DEVIATION_DELIVERED_TWICE);
}

static void what_was_delivered_before_the_span_is_known_too(void **state)
{
    struct bench *bench = *state;
    begin(bench, 12, 12);
    bench->audit.rules.log_begin = 5;
    bench->audit.rules.begin = 10;
    receipt(bench, OUTCOME_DELIVERED, 1, "a", "one");
    receipt(bench, OUTCOME_DELIVERED, 2, "a", "one"); /* twice as well, but not in the span */
    record(bench, 10, "a", "one");
    receipt(bench, OUTCOME_DUPLICATE, 10, "a", "one");
    record(bench, 11, "a", "one");
    receipt(bench, OUTCOME_DELIVERED, 11, "a", "one");
    finish(bench);
    expect_only(bench, 11, "delivered_twice",
                "delivered, and offset 2, the same event, was delivered within the dedup window");
}

static void a_failed_event_may_be_delivered_later(void **state)
{
    struct bench *bench = *state;
    begin(bench, 2, 2);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "one");
    receipt(bench, OUTCOME_GAVE_UP, 0, "a", "one");
    letter(bench, "a", "events/3/0", "gave_up");
    receipt(bench, OUTCOME_DELIVERED, 1, "a", "one");
    finish(bench);
    expect_none(bench);
}

static void a_duplicate_of_nothing_is_named(void **state)
{
    struct bench *bench = *state;
    begin(bench, 8, 8);
    for (int64_t offset = 0; offset < 8; offset++)
        record(bench, offset, "a", offset < 2 ? "one" : offset < 4 ? "two" : offset < 6 ? "three" : "four");
    receipt(bench, OUTCOME_BACKLOG, 0, "a", "one"); /* of which nothing is remembered */
    letter(bench, "a", "events/3/0", "backlog");
    receipt(bench, OUTCOME_DUPLICATE, 1, "a", "one");
    receipt(bench, OUTCOME_GAVE_UP, 2, "a", "two");
    letter(bench, "a", "events/3/2", "gave_up");
    receipt(bench, OUTCOME_DUPLICATE, 3, "a", "two");
    receipt(bench, OUTCOME_DELIVERED, 4, "a", "three");
    receipt(bench, OUTCOME_DUPLICATE, 5, "a", "three");
    receipt(bench, OUTCOME_DUPLICATE, 6, "a", "four");
    receipt(bench, OUTCOME_DUPLICATE, 7, "a", "four");
    finish(bench);
    assert_int_equal(bench->audit.deviations.count, 3);
    for (size_t n = 0; n < 3; n++)
        expect_deviation(bench, n, n == 0 ? 1 : 5 + (int64_t)n, "duplicate_of_nothing",
                         "duplicate, and no receipt says that this event was admitted before");
}

static void a_duplicate_whose_first_may_not_be_settled_yet_is_not_judged(void **state)
{
    struct bench *bench = *state;
    begin(bench, 2, 0);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "one");
    receipt(bench, OUTCOME_DUPLICATE, 1, "a", "one"); /* that of 0 was refused, and is sent again */
    finish(bench);
    expect_none(bench);
}

static void a_duplicate_whose_first_may_be_older_than_the_receipts_is_not_judged(void **state)
{
    struct bench *bench = *state;
    begin(bench, 2, 2);
    record(bench, 0, "a", "one");
    record(bench, 1, "a", "two");
    receipt(bench, OUTCOME_DUPLICATE, 0, "a", "one");
    receipt(bench, OUTCOME_DUPLICATE, 1, "a", "two");
    audit_finish(&bench->audit, T0 + 1000 - WINDOW, INT64_MIN);
    assert_int_equal(bench->audit.deviations.count, 1);
    assert_int_equal(bench->audit.deviations.list[0].offset, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_missing_dead_letter_is_named),
        TEST(a_dead_letter_that_says_something_else_is_named),
        TEST(dead_letters_older_than_those_that_are_left_are_not_looked_for),
        TEST(an_identity_delivered_twice_within_the_window_is_named),
        TEST(the_window_runs_from_the_end_of_the_delivery),
        TEST(what_was_delivered_before_the_span_is_known_too),
        TEST(a_failed_event_may_be_delivered_later),
        TEST(a_duplicate_of_nothing_is_named),
        TEST(a_duplicate_whose_first_may_not_be_settled_yet_is_not_judged),
        TEST(a_duplicate_whose_first_may_be_older_than_the_receipts_is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
